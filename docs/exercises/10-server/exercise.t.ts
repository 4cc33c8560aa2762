/**
 * Exercise 10: A server of your own
 *
 * quoted.ts is a daemon like eliza_hup.ts, with another thing to say.
 */
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { children, Client, folder, is_root, pid_exists, root, send, start, status, until } from '../../../t/harness.ts';

void t.test('A server of your own', async (t) => {
  const dir = folder(t);
  const file = join(dir, 'quotes.txt');
  copyFileSync(join(root, 'quotes.txt'), file);
  const pidfile = join(dir, 'eliza_hup.pid'); // which is where the harness looks
  const home = is_root ? { QUOTED_HOME: join(dir, 'home') } : {};
  const program = join(root, 'quoted.js');
  const quoted = await start(t, { dir, program, env: { QUOTED_FILE: file, QUOTED_PIDFILE: pidfile, ...home } });

  /** Waits until a client has heard so many lines, or nothing more is to come. @returns what it heard */
  async function lines(client: Client, count: number): Promise<string[]> {
    await until('a line, or the end', () => client.closed || client.text.split('\n').length > count);
    return client.text.split('\n').slice(0, -1);
  }

  if (quoted.status !== 0) {
    t.fail(`the command returns with status 0, and leaves a daemon; it said: ${quoted.stderr.trim()}`);
  } else {
    const { port, pid } = quoted;
    const server = pid();
    const quotes = readFileSync(file, 'utf8').trim().split('\n');
    const client = await Client.open(port);
    const [first = ''] = await lines(client, 1);
    t.ok(quotes.includes(first), `a client is told a quotation: ${first}`);
    client.send('another\n');
    const [, second = ''] = await lines(client, 2);
    t.ok(quotes.includes(second) && second !== first, `and another one for a line that it sends: ${second}`);

    const other = await Client.open(port);
    t.ok(quotes.includes((await lines(other, 1))[0] ?? ''), 'a second client does not wait for the first');
    const talking = children(server);
    t.equal(talking.length, 2, 'each has a child of its own');
    const nobody = is_root ? '65534 65534 65534 65534' : status(server, 'Uid');
    t.same(talking.map((child) => status(child, 'Uid')), [nobody, nobody], 'in which root is given up for good');

    writeFileSync(file, 'Everything has been said.\n');
    send(server, 'SIGHUP');
    await Promise.all([client.end(), other.end()]);
    const later = await Client.open(port);
    t.same(await lines(later, 1), ['Everything has been said.'], 'HUP ends the children, and brings the new quotations');

    await until('the pid file', () => pid() > 0);
    const last = pid();
    send(last, 'SIGTERM');
    await until('the end of the server', () => !pid_exists(last));
    await later.end();
    t.notOk(existsSync(pidfile), 'TERM ends it, and its pid file goes');
  }
});
