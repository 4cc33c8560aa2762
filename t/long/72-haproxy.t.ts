/**
 * deploy/: three daemons behind HAProxy, relaunched in turn under load.
 *
 * A student learns why a server whose conversations share nothing needs no more than a balancer to become many.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import {
  children, Client, type Daemon, environment, folder, free_port, has_ended, installed, needs_log, root, run, send, start,
  type Test as Base, until,
} from '../harness.ts';

const needs_haproxy = installed('haproxy') ? false : 'haproxy is not installed';
type Test = Base & Pick<typeof t, 'comment'>;
const config = join(root, 'deploy', 'haproxy.cfg');
const servers = ['one', 'two', 'three'];

void t.test('haproxy.cfg', { skip: needs_haproxy }, async (t) => {
  const { status } = await run('haproxy', ['-c', '-f', config]);
  t.equal(status, 0, 'HAProxy accepts it');
});

/** A running HAProxy: its port, and how to command it. */
interface Balancer {
  port: number;
  command: (text: string) => Promise<string>;
}

/** HAProxy as deploy/haproxy.cfg has it, on other ports. */
async function balance(t: Test, daemons: Daemon[]): Promise<Balancer> {
  const dir = folder(t);
  const port = await free_port();
  const path = join(dir, 'haproxy.sock');
  let text = readFileSync(config, 'utf8').replace('stats socket /run/haproxy/eliza.sock', `stats socket ${path}`);
  text = text.replace('bind :1200', `bind 127.0.0.1:${port}`);
  daemons.forEach((daemon, i) => { text = text.replace(`127.0.0.1:${1201 + i}`, `127.0.0.1:${daemon.port}`); });
  writeFileSync(join(dir, 'haproxy.cfg'), text);
  const haproxy = spawn('haproxy', ['-db', '-q', '-f', join(dir, 'haproxy.cfg')], {
    env: environment(), stdio: ['ignore', 'ignore', 'pipe'],
  });
  haproxy.stderr.on('data', (data) => { t.comment(String(data)); });
  t.teardown(async () => {
    haproxy.kill('SIGTERM');
    await until('haproxy to end', () => has_ended(haproxy));
  });
  await until('haproxy', () => existsSync(path));
  const command = (text: string): Promise<string> => new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(path, () => socket.write(`${text}\n`)).setEncoding('latin1');
    socket.on('data', (data) => { answer += String(data); }).once('error', reject);
    socket.once('close', () => { resolve(answer); });
  });
  const up = async (): Promise<number> => (await command('show stat')).match(/^eliza,(one|two|three),.*,UP,/gm)?.length ?? 0;
  await until('all servers to be up', async () => await up() === servers.length);
  return { port, command };
}

/** What clients have seen. */
interface Load {
  seen: { greeted: number; ungreeted: number; cut: number };
  stop: () => Promise<unknown>;
}

/** Clients that talk until told to stop. */
function load(port: number, clients: number): Load {
  const seen = { greeted: 0, ungreeted: 0, cut: 0 };
  let over = false;
  const talking = Array.from({ length: clients }, async () => {
    while (!over) {
      const client = await Client.open(port);
      if (await client.greeted_or_closed()) seen.greeted++;
      else seen.ungreeted++;
      client.send('I need some help.\nbye\n');
      await client.end();
      if (!/^(Eliza:\t[^\n]+\nyou:\t){2}Eliza:\t[^\n]+\n$/.test(client.text)) seen.cut++;
    }
  });
  const stop = (): Promise<unknown> => {
    over = true;
    return Promise.all(talking);
  };
  return { seen, stop };
}

void t.test('three daemons behind HAProxy', { skip: needs_haproxy || needs_log }, async (t) => {
  const daemons: Daemon[] = [];
  while (daemons.length < servers.length) daemons.push(await start(t));
  const { port, command } = await balance(t, daemons);

  await t.test('each HUPed in turn, under load', async (t) => {
    const { seen, stop } = load(port, 6);
    for (const { pid, logged } of daemons) {
      const before = seen.greeted;
      await until('some clients', () => seen.greeted > before + 10);
      send(pid(), 'SIGHUP');
      await logged(/Server accepting/, 2);
    }
    const before = seen.greeted;
    await until('some more', () => seen.greeted > before + 10);
    await stop();
    t.equal(seen.ungreeted, 0, 'no client sees an error in place of its greeting');
    t.comment(`${seen.greeted} greeted, ${seen.cut} of them cut by a HUP`);
  });

  await t.test('each taken out first, then HUPed: no conversation is cut', async (t) => {
    const { seen, stop } = load(port, 6);
    for (const [i, { pid, logged }] of daemons.entries()) {
      const before = seen.greeted;
      await until('some clients', () => seen.greeted > before + 10);
      await command(`set server eliza/${servers[i] ?? ''} state drain`);
      await until('its conversations to end', () => children(pid()).length === 0);
      send(pid(), 'SIGHUP');
      await logged(/Server accepting/, 3);
      await command(`set server eliza/${servers[i] ?? ''} state ready`);
    }
    await stop();
    t.ok(seen.greeted > 30, 'many clients were greeted meanwhile');
    t.equal(seen.ungreeted + seen.cut, 0, 'every conversation is complete');
  });

  await t.test('one ends: the others take over', async (t) => {
    await daemons[0]?.stop();
    const { seen, stop } = load(port, 6);
    await until('many clients', () => seen.greeted + seen.ungreeted > 30);
    await stop();
    t.equal(seen.ungreeted, 0, 'no client sees an error');
    t.equal(seen.cut, 0, 'none is cut off');
  });
});
