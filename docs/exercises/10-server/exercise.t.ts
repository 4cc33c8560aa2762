/**
 * Exercise 10: A server of your own
 *
 * quoted.ts is a daemon like eliza_hup.ts, with another thing to say.
 */
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { children, Client, folder, is_root, pid_exists, root, send, start, status, until } from '../../../t/harness.ts';

const PATIENCE = 10_000; // milliseconds
const MANY = 60; // who takes them by chance will hardly take the same one each time

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
    await until('a line, or the end', () => client.closed || client.text.split('\n').length > count, PATIENCE)
      .catch(() => undefined);
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
    client.send('another\n'.repeat(MANY));
    const said = (await lines(client, 1 + MANY)).slice(1);
    t.equal(said.length, MANY, `one for each line that it sends: ${MANY} lines`);
    t.same(said.filter((line) => !quotes.includes(line)), [], 'each of them a quotation of the file');
    t.ok(new Set(said).size > 1, `and not always the same: ${[...new Set(said)].join(' ')}`);

    const other = await Client.open(port);
    t.ok(quotes.includes((await lines(other, 1))[0] ?? ''), 'a second client does not wait for the first');
    const talking = children(server);
    t.equal(talking.length, 2, 'each has a child of its own');
    const nobody = is_root ? '65534 65534 65534 65534' : status(server, 'Uid');
    t.same(talking.map((child) => status(child, 'Uid')), [nobody, nobody], 'in which root is given up for good');

    writeFileSync(file, 'Everything has been said.\n');
    send(server, 'SIGHUP');
    // Clients come all the time until one of them hears what is new.
    let [refused, news] = [0, false];
    await until('the new quotation', async () => {
      const visitor = await Client.open(port).catch(() => undefined);
      if (!visitor) refused++;
      else if ((await lines(visitor, 1))[0] === 'Everything has been said.') news = true;
      visitor?.destroy();
      return news;
    }, PATIENCE).catch(() => undefined);
    t.ok(news, 'HUP brings the new quotations');
    t.equal(refused, 0, `and turns nobody away: ${refused} were refused`);
    await until('the end of the old conversations', () => client.closed && other.closed, PATIENCE).catch(() => undefined);
    t.ok(client.closed && other.closed, 'it ends the old conversations');
    const later = await Client.open(port);
    t.same(await lines(later, 1), ['Everything has been said.'], 'who comes later has the new quotations too');

    await until('the pid file', () => pid() > 0);
    const last = pid();
    send(last, 'SIGTERM');
    await until('the end', () => !pid_exists(last) && later.closed, PATIENCE).catch(() => undefined);
    t.ok(later.closed, 'TERM ends the children');
    t.notOk(existsSync(pidfile), 'TERM ends it, and its pid file goes');
  }
});
