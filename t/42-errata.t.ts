/**
 * Faults of the original that no other test is about; the numbers are those of docs/errata.md.
 *
 * A student learns how to bring about what is rare: a process can be stopped while the world changes around it.
 */
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import {
  children, Client, descriptors, environment, few_words, folder, free_port, is_running, log_daemon, needs_log, needs_root, root,
  run, send, start, terminate, until,
} from './harness.ts';

void t.test('3: no child reads the script', async (t) => {
  const dir = folder(t);
  const script = join(dir, 'script.txt');
  writeFileSync(script, few_words());
  const { port } = await start(t, { dir, env: { ELIZA_SCRIPT: script } });
  rmSync(script);
  const heard = await Promise.all(Array.from({ length: 8 }, async () => (await Client.greeted(port)).bye()));
  t.same(new Set(heard), new Set(['Eliza:\tHello.\nyou:\tEliza:\tGone.\n']),
    'with the script gone, eight clients at once hear all of it');
});

void t.test('4: a pid file that is a dangling link', async (t) => {
  const dir = folder(t);
  symlinkSync(join(dir, 'nothing'), join(dir, 'eliza_hup.pid'));
  const { status, stderr } = await start(t, { dir });
  t.match(stderr, /^eliza_hup\.js: \S+: \S+\/eliza_hup\.pid is not a file$/m, 'it says which file, and why');
  t.not(status, 0, 'the status is not 0');
});

void t.test('6: a HUP right after a relaunch, before any client', { skip: needs_log }, async (t) => {
  const { port, pid, logged } = await start(t);
  for (const times of [2, 3, 4]) {
    send(pid(), 'SIGHUP');
    await logged(/Server accepting/, times);
  }
  t.match(await (await Client.greeted(port)).bye(), /^Eliza:\t/, 'and the first client is greeted');
});

/** The test's own log daemon of a started server: its process, and its socket. */
function log_of(dir: string): { process: number; socket: string } {
  const dev = readdirSync(dir).find((name) => name.startsWith('dev')) ?? '';
  const socket = join(dir, dev, 'log');
  const found = children(process.pid).find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(socket));
  return { process: found ?? 0, socket };
}

void t.test('21: the log daemon goes away', { skip: needs_root }, async (t) => {
  const { port, pid, pidfile, dir, logged } = await start(t, { syslog: 'own' });
  await logged(/Server accepting/);
  const client = await Client.greeted(port);
  const log = log_of(dir);
  send(log.process, 'SIGKILL');
  rmSync(log.socket);
  const before = client.text;
  t.match((await client.bye()).slice(before.length), /^Eliza:\t[^\n]*\n$/, 'a client sees nothing of it');
  const daemon = pid();
  send(daemon, 'SIGTERM');
  await until('the daemon to end', () => !is_running(daemon));
  t.notOk(existsSync(pidfile), 'TERM ends it as ever');
});

void t.test('22: the log daemon comes back', { skip: needs_root }, async (t) => {
  const { pid, dir, logged } = await start(t, { syslog: 'own' });
  await logged(/Server accepting/);
  const log = log_of(dir);
  send(log.process, 'SIGKILL');
  rmSync(log.socket);
  const lines: string[] = [];
  await log_daemon(t, log.socket, lines);
  send(pid(), 'SIGTERM');
  await until('the last line', () => lines.some((line) => line.includes('exiting')));
  t.match(lines[0], 'TERM signal received', 'the first message is not lost');
});

/** Resets the connection, so that the other side does not even see an end. */
async function vanish(port: number, text = ''): Promise<void> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  await once(socket, 'connect');
  if (text) await new Promise((resolve) => { socket.write(text, resolve); });
  const closed = once(socket, 'close');
  socket.resetAndDestroy();
  await closed;
}

void t.test('25: a client that had gone before it was accepted', { skip: needs_log }, async (t) => {
  const { port, pid, log, logged } = await start(t);
  send(pid(), 'SIGSTOP');
  await vanish(port);
  send(pid(), 'SIGCONT');
  await (await Client.greeted(port)).bye();
  await logged(/finished/);
  const texts = log().map((line) => line.replace(/^.*?\]: /, '')).filter((text) => /connection from/i.test(text));
  const whole = ['Accepting a connection from 127.0.0.1', 'Connection from 127.0.0.1 finished'];
  t.same(texts.filter((text) => !whole.includes(text)), [], 'no line lacks the address');
  t.ok(is_running(pid()), 'the daemon lives on');
});

void t.test('26: a client that leaves with replies on their way', { skip: needs_log }, async (t) => {
  const { port, log, logged } = await start(t);
  await vanish(port, 'I am in a hurry.\n'.repeat(500));
  await logged(/Connection from 127\.0\.0\.1 finished/);
  t.notMatch(log().join('\n'), /signal/, 'the child was not killed');
});

const zone = '/usr/share/zoneinfo/Asia/Tokyo';
const needs_zone = needs_root || (existsSync(zone) ? false : `${zone} is not installed`);
void t.test('27: everybody logs the same time', { skip: needs_zone }, async (t) => {
  const { port, logged, stop } = await start(t, { syslog: 'own', env: { TZ: 'Asia/Tokyo' } });
  const now = Date.now();
  await (await Client.greeted(port)).bye();
  await stop();
  for (const line of await logged(/exiting/)) {
    const [, day, hour, minute] = /^<\d+>\w+ ([ \d]\d) (\d\d):(\d\d)/.exec(line) ?? [];
    const tokyo = Date.UTC(new Date(now + 9 * 3600e3).getUTCFullYear(), new Date(now + 9 * 3600e3).getUTCMonth(),
      Number(day), Number(hour), Number(minute)) - 9 * 3600e3;
    t.ok(Math.abs(tokyo - now) < 30 * 60e3, `in Tokyo: ${line}`);
  }
});

void t.test('39: what the starter had open does not come along', async (t) => {
  const dir = folder(t);
  const pidfile = join(dir, 'eliza_hup.pid');
  const port = await free_port();
  writeFileSync(join(dir, 'secret'), '');
  const env = environment({ ELIZA_PIDFILE: pidfile });
  const command = `exec 9<"${dir}/secret"; "${process.execPath}" "${join(root, 'eliza_hup.js')}" ${port}`;
  t.equal((await run('bash', ['-c', command], { env })).status, 0, 'it starts with the file open');
  await until('the pid file', () => existsSync(pidfile) && readFileSync(pidfile, 'utf8') !== '');
  const daemon = Number(readFileSync(pidfile, 'utf8'));
  t.teardown(() => terminate(daemon));
  const client = await Client.greeted(port);
  const child = children(daemon)[0] ?? 0;
  for (const pid of [daemon, child]) t.notMatch(descriptors(pid).join('\n'), 'secret', 'neither the daemon nor a child has it');
  await client.bye();
});

void t.test('40: a message is only a text', async (t) => {
  const { status, stderr } = await run(process.execPath, [join(root, 't', 'programs', 'message.js'), '--foreground']);
  t.equal(status, 0, 'the program ends with 0');
  const said = Buffer.from(stderr, 'latin1').toString('utf8').trimEnd().split('\n').map((line) => line.replace(/^.*?\]: /, ''));
  t.same(said, ['50 % of %m is %n', 'one#012Nov 22 12:00:00 message[1]: forged', '0', 'wide: €'],
    '%, newline, 0 and a wide character are said as they are, on one line each');
});

void t.test('41: the same command line after a relaunch', { skip: needs_log }, async (t) => {
  const { pid, logged } = await start(t);
  const words = (): string[] => readFileSync(`/proc/${pid()}/cmdline`, 'latin1').split('\0');
  const before = words();
  send(pid(), 'SIGHUP');
  await logged(/Server accepting/, 2);
  t.same(words(), before, 'node, program and arguments are those of the start');
});
