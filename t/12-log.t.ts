/**
 * The log: what is said when, by whom, and how urgent it is.
 *
 * A student learns what a syslog line is made of (local0 is 16, so notice is <133>), and that children can log from a
 * chroot only because the log was opened before it.
 */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  children, Client, few_words, folder, is_running, log_daemon, needs_log, needs_root, send, start, until, users,
} from './harness.ts';

/** The texts alone, with who said them: the daemon, the next daemon, a child. */
function texts(lines: string[], daemons: number[]): string[] {
  return lines.map((line) => {
    const [, pid, text = line] = /\[(\d+)\]: (.*)$/.exec(line) ?? [];
    const n = daemons.indexOf(Number(pid));
    return `${n === -1 ? 'child' : `daemon ${n + 1}`}: ${text}`;
  });
}

void t.test('syslog(3)', { skip: needs_root }, async (t) => {
  const { port, pid, log, logged, stderr, dir } = await start(t, { syslog: 'own' });
  t.equal(stderr, '', 'nothing to say at the start');
  const first = pid();
  await (await Client.greeted(port)).bye();
  await logged(/finished/);
  send(first, 'SIGHUP');
  await logged(/Server accepting/, 2);
  const second = pid();
  const client = await Client.greeted(port);
  send(second, 'SIGTERM');
  await logged(/exiting normally/);
  await client.end();

  const stamp = '[A-Z][a-z][a-z] [ 0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9]';
  const form = new RegExp(`^<133>${stamp} eliza_hup\\.js\\[\\d+\\]: \\S`);
  for (const line of log()) t.match(line, form, 'local0.notice, time, name, pid');
  t.same(texts(log(), [first, second]), [
    `daemon 1: Server accepting connections on port ${port}`,
    'child: Accepting a connection from 127.0.0.1',
    'child: Connection from 127.0.0.1 finished',
    'daemon 1: HUP signal received, reinitializing...',
    'daemon 1: Closing listen socket...',
    'daemon 1: Terminating children...',
    'daemon 1: Trying to relaunch...',
    `daemon 2: Server accepting connections on port ${port}`,
    'child: Accepting a connection from 127.0.0.1',
    'daemon 2: TERM signal received, terminating children...',
    'daemon 2: Server exiting normally',
  ], 'the lines, in order; a child that is ended does not say "finished"');
  t.notOk(existsSync(join(dir, 'eliza_hup.log')), 'no file beside the pid file');
});

void t.test('a warning is <132>, a death <130>', { skip: needs_root }, async (t) => {
  const { port, pid, dir, logged } = await start(t, { syslog: 'own' });
  const killed = await Client.greeted(port);
  send(await until('a child', () => children(pid())[0]), 'SIGKILL');
  await killed.end();
  t.match((await logged(/^<132>/)).join('\n'), /^<132>.*: Child \d+ ended by signal 9$/m, 'a child that was killed');

  rmSync(join(dir, 'home'), { recursive: true });
  const client = await Client.open(port);
  await client.end();
  t.equal(client.text, '', 'a client without a conversation is not shown why');
  t.match((await logged(/^<130>/)).join('\n'), /^<130>.*: chdir\(\): No such file or directory at /m, 'the log says it');
  t.ok(is_running(pid()), 'the daemon lives on');
});

void t.test('a syslogd that is restarted, or goes away', { skip: needs_root }, async (t) => {
  const { port, pid, log, dev, syslogd, stop } = await start(t, { syslog: 'own' });
  const before = log().length;
  syslogd?.kill('SIGKILL');
  rmSync(join(dev, 'log'));
  const unheard = await Client.greeted(port);
  t.match(await unheard.say('Can you hear me?'), /^Eliza:\t[^\n]+\nyou:\t$/, 'without a log the conversation goes on');
  await log_daemon(t, join(dev, 'log'), log());
  t.match(await unheard.bye(), /\n$/, 'and says good bye');
  for (let i = 0; i < 3; i++) await (await Client.greeted(port)).bye();
  await until('the log of the conversations after it', () => log().filter((line) => line.includes('finished')).length >= 3);
  const daemon = pid();
  await stop();
  await until('the last lines', () => (log().at(-1) ?? '').includes('exiting normally'));
  t.match(log().slice(before).join('\n'), `[${daemon}]: TERM signal received`, 'the TERM line is not lost');
});

void t.test('what a client says cannot forge a line of the log', { skip: needs_log }, async (t) => {
  const script = join(folder(t), 'script.txt');
  writeFileSync(script, few_words());
  const { port, logged, log } = await start(t, { env: { ELIZA_SCRIPT: script } });
  const client = await Client.greeted(port);
  await client.say('%n%s%m\r<133>Nov 11 11:11:11 eliza_hup.js[1]: Server exiting normally');
  await client.bye();
  await logged(/finished/);
  t.equal(log().length, 3, 'the three lines of one conversation');
});

void t.test('a line that the script goes round with is answered, and logged', { skip: needs_log }, async (t) => {
  const script = join(folder(t), 'script.txt');
  writeFileSync(script, few_words('Hello.', 'key: b 9\n  decomp: q[^b-z]{3}\n    reasmb: goto b\n'));
  const { port, logged } = await start(t, { env: { ELIZA_SCRIPT: script } });
  const client = await Client.greeted(port);
  t.notMatch(await client.say('b q789'), /too many/, 'the client is told nothing of it');
  await logged(/too many gotos, the last one to b, for the line: b q789/);
  await client.bye();
});

void t.test('control bytes and formats in a message are text', { skip: needs_root }, async (t) => {
  const script = join(folder(t), 'script.txt');
  const good = few_words();
  writeFileSync(script, good);
  const { pid, logged, log } = await start(t, { syslog: 'own', env: { ELIZA_SCRIPT: script } });
  writeFileSync(script, `${good}key: what(\x1b%n%s%m 5\n  decomp: *\n    reasmb: Go on.\n`);
  send(pid(), 'SIGHUP');
  await logged(/^<132>.*Not relaunched.*what\(#033%n%s%m/);
  t.notMatch(log().join(''), /[\x00-\x1f]/, 'no control byte goes to the log');
});

for (const { name, settings } of users) {
  void t.test(`without /dev/log, ${name}`, { skip: needs_log }, async (t) => {
    const { port, log, logged, stderr, dir, stop } = await start(t, settings);
    t.match(stderr, `eliza_hup.js: no /dev/log here, so the log goes to ${join(dir, 'eliza_hup.log')}\n`, 'the start says so');
    await (await Client.greeted(port)).bye();
    await logged(/finished/);
    await stop();
    await until('the last line', () => (log().at(-1) ?? '').includes('exiting'));
    t.equal(log().length, 5, 'the same lines');
    for (const line of log()) t.match(line, /^[A-Z][a-z][a-z] [ 0-9][0-9] [0-9:]{8} eliza_hup\.js\[\d+\]: \S/,
      'time, name, pid, text');
  });
}
