/**
 * The log, where something is wrong with it: its daemon restarts or stands still, the file is moved away, nobody reads the
 * terminal, a child lies. No client waits for it, no line is lost without being counted, and nobody's line is another's.
 *
 * A student learns what a program does for whose output nobody may wait, and why the one process that holds the log is not
 * the one that talks to strangers.
 */
import type { ChildProcess } from 'node:child_process';
import {
  appendFileSync, chmodSync, chownSync, closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, statSync,
  symlinkSync, writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { C, libc, Message, sockaddr_un } from '../perl/libc.ts';
import { Dispatch } from '../perl/Log/Dispatch.ts';
import {
  as_nobody, children, Client, copy_program, type Daemon, descriptors, edit, environment, folder, free_port, freeze, has_ended,
  home_in, installed, is_root, is_running, log_daemon, needs_log, needs_root, nobody, pid_exists, pid_in, root, run, send,
  start, status, until, users,
} from './harness.ts';

t.jobs = 2; // most of these wait for something that takes its time

/** How many lines have it. */
const count = (lines: string[], what: RegExp): number => lines.filter((line) => what.test(line)).length;

/** How many lines the log says were lost. */
const lost = (lines: string[]): number =>
  lines.reduce((sum, line) => sum + Number(/\]: (\d+) lines lost$/.exec(line)?.[1] ?? 0), 0);

/** Ends a log daemon, and removes its socket. What it gets before it has ended is lost with it. */
async function end_log_daemon(dev: string, log_daemon?: ChildProcess): Promise<void> {
  log_daemon?.kill('SIGKILL');
  await until('the log daemon to end', () => !log_daemon || has_ended(log_daemon));
  rmSync(join(dev, 'log'));
}

void t.test('a log daemon that restarts between and during conversations', { skip: needs_root }, async (t) => {
  const { port, log, logged, dev, ...daemon } = await start(t, { syslog: 'own' });
  let { syslogd } = daemon;
  for (let round = 1; round <= 3; round++) {
    const during = await Client.greeted(port);
    await logged(/Accepting/, 3 * round - 2);
    await end_log_daemon(dev, syslogd);
    t.match(await during.say('My head hurts.'), /^Eliza:\t/, 'while there is no log daemon, conversations go on');
    await (await Client.greeted(port)).bye();
    const later = await Client.greeted(port);
    syslogd = await log_daemon(t, join(dev, 'log'), log());
    await during.bye();
    await later.bye();
    await logged(/finished/, 3 * round);
  }
  t.equal(count(log(), /Accepting a connection from 127\.0\.0\.1$/), 9, 'each of nine conversations is in the log');
  t.equal(count(log(), /Connection from 127\.0\.0\.1 finished$/), 9, 'and so is its end');
  t.notMatch(log().join('\n'), /lines lost|ended by signal/, 'no line was lost, and no child');
  await daemon.stop();
  await logged(/Server exiting normally/);
});

/** Does something with many clients, ten at a time: the backlog has room for twenty. */
async function ten_at_a_time<T>(clients: number, one: () => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  while (all.length < clients) all.push(...await Promise.all(Array.from({ length: 10 }, one)));
  return all;
}

/** Has clients refused, each of whom costs a line of the log. */
async function refused(port: number, clients: number): Promise<void> {
  await ten_at_a_time(clients, async () => { await (await Client.open(port)).end(); });
}

const crowded = { ELIZA_PER_ADDRESS: '50', ELIZA_LOG_RATE: '1000000' };

void t.test('a log daemon that stands still', { skip: needs_root }, async (t) => {
  const { port, pid, log, logged, syslogd, pidfile } = await start(t, { syslog: 'own', env: crowded });
  await freeze(syslogd?.pid ?? 0);
  const clients = await ten_at_a_time(50, () => Client.greeted(port));
  await refused(port, 2000);
  for (const client of clients) await client.bye();
  t.pass('fifty clients are served');
  syslogd?.kill('SIGCONT');
  await logged(/\d+ lines lost$/);
  t.equal(count(log(), /lines lost$/), 1, 'when it reads again, one line says how many were lost');
  await (await Client.greeted(port)).bye();
  const all = 1 + 2 * 50 + 2000 + 2; // the start, fifty conversations, those who were refused, one conversation
  await until('the last lines', () => log().length - 1 + lost(log()) >= all).catch(() => undefined);
  t.equal(log().length - 1 + lost(log()), all, 'with those that came they make up all that was said');
  t.ok(log().length > 500, 'what there was room for was kept');

  await freeze(syslogd?.pid ?? 0);
  const client = await Client.greeted(port);
  const daemon = pid();
  send(daemon, 'SIGTERM');
  await client.end();
  await until('the daemon to end', () => !is_running(daemon));
  t.notOk(existsSync(pidfile), 'TERM ends the daemon while its log stands still');
});

void t.test('HUP while there is no log daemon', { skip: needs_root }, async (t) => {
  const { port, pid, log, logged, syslogd, dev, dir } = await start(t, { syslog: 'own' });
  const first = pid();
  await end_log_daemon(dev, syslogd);
  send(first, 'SIGHUP');
  await until('the next daemon', () => pid() > 0 && pid() !== first);
  await (await Client.greeted(port)).bye();
  await log_daemon(t, join(dev, 'log'), log());
  await logged(/ finished$/);
  t.equal(lost(log()), 4, 'what the first had to say of its end is counted as lost');
  t.match(log().join('\n'), new RegExp(`\\[${pid()}\\]: Server accepting`), 'the second has kept its lines for the log daemon');
  t.notOk(existsSync(join(dir, 'eliza_hup.log')), 'and has not turned to a file');
});

for (const { name, settings } of users) {
  void t.test(`a log file that is moved away or deleted, ${name}`, { skip: needs_log }, async (t) => {
    const { port, pid, dir, log, logged } = await start(t, settings);
    const file = join(dir, 'eliza_hup.log');
    const talk = async (): Promise<void> => {
      await (await Client.greeted(port)).bye();
      await logged(/finished$/);
    };
    const owner = is_root ? settings.user ? [65534, 65534] : [0, 0] : [process.getuid?.(), process.getgid?.()];
    const ours = (what: string): void => {
      const { uid, gid, mode } = statSync(file);
      t.same([uid, gid, (mode & 0o777).toString(8)], [...owner, '640'], `${what}: the file is its starter's, with mode 640`);
    };
    ours('at the start');
    await talk();
    renameSync(file, `${file}.1`);
    await talk();
    t.equal(count(readFileSync(`${file}.1`, 'latin1').split('\n'), /finished$/), 1, 'moved away it gets no more lines');
    t.equal(log().length, 2, 'they go to a new one');
    ours('after that');
    rmSync(file);
    await talk();
    t.equal(log().length, 2, 'so they do when it was deleted');
    ours('after that');
    rmSync(file);
    send(pid(), 'SIGHUP');
    await logged(/Server accepting/);
    await talk();
    ours('after a HUP');
    t.notMatch(log().join('\n'), /lines lost/, 'nothing is lost');

    const victim = join(dir, 'victim');
    writeFileSync(victim, '');
    chmodSync(victim, 0o666);
    renameSync(file, `${file}.2`);
    symlinkSync(victim, file);
    await (await Client.greeted(port)).bye();
    const old = (): string[] => readFileSync(`${file}.2`, 'latin1').split('\n');
    await until('the line, where the file has gone', () => count(old(), /finished$/) === 2);
    t.equal(readFileSync(victim, 'latin1'), '', 'a link in its place is not followed');
    const { status, stderr } = await start(t, { ...settings, dir: folder_with_link(t, victim) });
    t.match([status, stderr], [40, /Can't write the log .*: Too many levels of symbolic links/], 'nor is it at the start');
  });
}

/** How logrotate's `create` puts a new log file into the place of the old one, which becomes FILE.1. */
const rotations = {
  'by logrotate': async (file: string, owner: readonly [string, string]): Promise<void> => {
    const config = `${file}.rotate`;
    writeFileSync(config, `${file} {\n  create 0640 ${owner.join(' ')}\n  rotate 1\n}\n`);
    const { status } = await run('logrotate', ['--force', '--state', `${file}.state`, config]);
    if (status !== 0) throw new Error('logrotate has failed');
  },
  'by hand': async (file: string, owner: readonly [string, string]): Promise<void> => {
    renameSync(file, `${file}.1`);
    await run('install', ['-m', '0640', '-o', owner[0], '-g', owner[1], '/dev/null', file]);
  },
};
/** Whose daemon it is, to whom the new file is given, and which file the daemon's lines are in after that. */
const owners = [
  { whose: 'root’s', settings: {}, owner: ['daemon', 'adm'], lines: '' },
  { whose: 'a user’s', settings: { user: 'nobody' }, owner: ['nobody', 'nogroup'], lines: '' },
  { whose: 'a user’s, given to another', settings: { user: 'nobody' }, owner: ['daemon', 'adm'], lines: '.1' },
] as const;

for (const [how, rotate] of Object.entries(rotations)) {
  const skip = how === 'by hand' || installed('logrotate') ? needs_root : 'logrotate is not installed';
  for (const { whose, settings, owner, lines } of owners) {
    void t.test(`a new log file in the place of the old one, ${how}, ${whose}`, { skip }, async (t) => {
      const { port, pid, dir } = await start(t, { ...settings, env: { ELIZA_CONVERSATIONS: '1' } });
      chmodSync(dir, 0o755); // as logrotate wants it
      const file = join(dir, 'eliza_hup.log');
      const said = (file: string): string[] => readFileSync(file, 'latin1').split('\n').filter(Boolean)
        .map((line) => line.replace(/^.*?\]: /, ''));
      const client = await Client.greeted(port);
      const before = await until('its line', () => said(file).at(-1)?.startsWith('Accepting a ') ? said(file) : undefined);

      await rotate(file, owner);
      await (await Client.open(port)).end();
      await client.bye();
      await until('its child to be reaped', () => children(pid()).length === 0);
      await (await Client.greeted(port)).bye();
      const after = [
        'Connection refused: 1 conversations are under way', 'Connection from 127.0.0.1 finished',
        'Accepting a connection from 127.0.0.1', 'Connection from 127.0.0.1 finished',
      ];
      const all = lines === '' ? after : [...before, ...after];
      await until('the last line', () => said(file + lines).length >= all.length);
      t.same(said(file + lines), all, 'what the daemon and its children say from then on is there, every line of it');
      if (lines === '') t.same(said(`${file}.1`), before, 'and nothing of it in the old one');
      const { stdout } = await run('stat', ['-c', '%U %G %a', file]);
      t.equal(stdout, `${owner.join(' ')} 640\n`, 'the new one has the owner and the mode that it was given');
    });
  }
}

function folder_with_link(t: Test, target: string): string {
  const dir = folder(t);
  symlinkSync(target, join(dir, 'eliza_hup.log'));
  return dir;
}

/** Starts the daemon attached, with something of the shell's for STDERR, and waits until it serves. */
async function attached(
  t: Test, stderr: (dir: string) => string, settings: { user?: 'nobody' } = {},
): Promise<Pick<Daemon, 'dir' | 'port' | 'pid'>> {
  const [dir, port] = [folder(t), await free_port()];
  if (settings.user && is_root) chownSync(dir, nobody.uid, nobody.gid);
  const pidfile = join(dir, 'eliza_hup.pid');
  const home = settings.user ? {} : home_in(dir);
  const env = environment({ ELIZA_PIDFILE: pidfile, ...home, ...crowded });
  const command = `exec "$0" "$@" 2>${stderr(dir)}`;
  const program = [process.execPath, join(root, 'eliza_hup.js'), '--foreground', String(port)];
  const ended = run('sh', ['-c', command, ...settings.user ? as_nobody : [], ...program], { env });
  const pid = (): number => pid_in(pidfile);
  t.teardown(async () => {
    if (pid() > 0) send(pid(), 'SIGTERM');
    await ended;
  });
  await until('the daemon', () => pid() > 0);
  return { dir, port, pid };
}

for (const { name, settings } of users) {
  void t.test(`attached, with STDERR in a file, ${name}`, async (t) => {
    const { dir, port, pid } = await attached(t, (dir) => join(dir, 'err'), settings);
    await (await Client.greeted(port)).bye();
    const daemon = pid();
    send(daemon, 'SIGTERM');
    const lines = (): string[] => readFileSync(join(dir, 'err'), 'latin1').split('\n').filter((line) => line.includes(']: '));
    await until('the last line', () => count(lines(), /exiting normally$/) === 1);
    t.equal(count(lines(), /Accepting|finished$/), 2, 'the file has the lines of the child');
    t.equal(lines().length, 5, 'and those of the daemon, each whole');
  });
}

const needs_mkfifo = installed('mkfifo') ? false : 'mkfifo is not installed';
void t.test('attached, with STDERR in a pipe that nobody reads', { skip: needs_mkfifo }, async (t) => {
  const fifo = join(folder(t), 'fifo');
  await run('mkfifo', [fifo]);
  const reader = openSync(fifo, 'r+');
  t.teardown(() => { closeSync(reader); });
  const { port, pid } = await attached(t, () => fifo);
  await served_and_ended(t, port, pid());
});

const needs_script = installed('script') ? false : 'script(1) is not installed';
void t.test('attached, on a terminal that is held', { skip: needs_script }, async (t) => {
  const { port, pid } = await start(t, { attached: true, args: ['--foreground'], terminal: true, env: crowded });
  const daemon = pid();
  let terminal = daemon; // the process that plays it
  while (readFileSync(`/proc/${terminal}/comm`, 'latin1') !== 'script\n') terminal = Number(status(terminal, 'PPid'));
  await freeze(terminal);
  t.teardown(() => { send(terminal, 'SIGCONT'); });
  await served_and_ended(t, port, daemon);
});

/** Fifty clients, more lines than anything can hold, and TERM. */
async function served_and_ended(t: Test, port: number, daemon: number): Promise<void> {
  const clients = await ten_at_a_time(50, () => Client.greeted(port));
  await refused(port, 2000);
  for (const client of clients) await client.bye();
  t.pass('fifty clients are served');
  send(daemon, 'SIGTERM');
  await until('the daemon to end', () => /^$|Z/.test(state(daemon)));
  t.pass('and TERM ends it');
}

function state(pid: number): string {
  return pid_exists(pid) ? status(pid, 'State') : '';
}

/** A daemon in whose children somebody else has the say, and one of these children, with the descriptor of its log. */
async function taken_over(t: Test, code: string): Promise<Daemon & { client: Client; child: number; log_fd: number }> {
  const dir = folder(t);
  const program = copy_program(join(dir, 'copy'));
  edit(program, /^ *const bot = new Eliza/m, (line) => `
      STDOUT.print('taken over\\n');
      const log_fd = Number(STDIN.getline()?.match(/\\d+/)?.[0]);
      const say = (text, to = null) => {
        const bytes = Buffer.from(text, 'latin1');
        return libc().sendto(log_fd, bytes, bytes.length, 0x4040, to, to?.length ?? 0);
      };
      ${code}
      ${line}`);
  appendFileSync(program, '\nimport { libc, sockaddr_un } from "./perl/libc.js";\n');
  const daemon = await start(t, { dir, program });
  const client = await Client.open(daemon.port);
  await until('the child to be taken over', () => client.text.includes('taken over'));
  const [child = 0] = children(daemon.pid());
  const others = descriptors(child).filter((line) => !/^[012] |anon_inode:\[eventfd\]$/.test(line));
  t.match(others.join('\n'), /^\d+ socket:\S+$/, 'beside its client, and events of its own, the child has one socket');
  const log_fd = parseInt(others[0] ?? '');
  client.send(`${log_fd}\n`);
  return { ...daemon, client, child, log_fd };
}

void t.test('a taken-over child cannot speak for another', { skip: needs_log }, async (t) => {
  const { child, client, log, logged } = await taken_over(t, `
    say('5 0 one\\nNov 11 11:11:11 eliza_hup.js[1]: Server exiting normally');
    say('<128>Nov 11 11:11:11 sshd[1]: Accepted publickey for root');
    say('0 0 the system is going down');
    say('9 999 what priority is this');
    say('5 0 \\xc2\\x9b31m \\x1b[2J');
    say('');
    say('5 0 ' + 'x'.repeat(20000));
  `);
  await client.bye();
  await logged(/finished$/);
  const texts = log().map((line) => line.replace(`eliza_hup.js[${child}]`, '').replace(/^.*?: /, ''));
  t.same(texts.slice(2, 9).map((text) => text.slice(0, 100)), [
    'one#012Nov 11 11:11:11 eliza_hup.js[1]: Server exiting normally',
    '<128>Nov 11 11:11:11 sshd[1]: Accepted publickey for root',
    'the system is going down',
    '999 lines lost',
    'what priority is this',
    '#23331m #033[2J',
    '',
  ], 'whatever it says is the text of a line');
  const form = new RegExp(`^[A-Z][a-z][a-z] [ \\d]\\d [\\d:]{8} eliza_hup\\.js\\[${child}\\]: `);
  t.equal(count(log(), form), 9, 'with the time, the name and the pid that the daemon gives it');
  t.notMatch(log().join(''), /[\x00-\x1f\x7f-\x9f]/, 'no control byte is among them');
  t.ok(Math.max(...log().map((line) => line.length)) < 8300, 'and none is longer than 8 KB and what stands before it');
});

void t.test('a taken-over child reaches no socket through its log', { skip: needs_log }, async (t) => {
  const { socket, bind } = libc();
  const [name, address] = ['@hup-t56', sockaddr_un('@hup-t56')];
  const stranger = socket(C.AF_UNIX, C.SOCK_DGRAM, 0);
  t.teardown(() => { closeSync(stranger); });
  t.equal(bind(stranger, address, address.length), 0, 'somebody listens');
  const { client, child, logged } = await taken_over(t, `
    say('5 0 to somebody else', sockaddr_un('${name}'));
  `);
  await client.end();
  await logged(new RegExp(`Child ${child} ended by signal 31$`));
  t.equal(new Message(100).receive(stranger), -1, 'and hears nothing: the child that sends to an address is ended');
});

void t.test('what a child has said comes before what the daemon says of its end', { skip: needs_log }, async (t) => {
  const { client, child, pid, logged } = await taken_over(t, `
    STDIN.getline();
    for (let n = 1; n <= 50; n++) say('5 0 last words ' + n);
    libc().socket(1, 1, 0);
  `);
  const daemon = pid();
  await freeze(daemon); // so that lines and end come to it at the same time
  client.send('go on\n');
  await until('the child to end', () => state(child).startsWith('Z'));
  send(daemon, 'SIGCONT');
  const lines = await logged(new RegExp(`Child ${child} ended by signal 31$`));
  t.match(lines.slice(-2), [/last words 50$/, /ended by signal 31$/], 'however late the daemon hears of both');
  t.equal(count(lines, /last words/), 50, 'and no line is missing');
});

void t.test('a child that says too much', { skip: needs_log }, async (t) => {
  const { client, child, log } = await taken_over(t, `
    for (let n = 0; n < 5000; n++) while (say('5 0 ' + String(n).padStart(1000)) === -1);
  `);
  await client.bye();
  await until('the end of the child', () => !is_running(child));
  const said = count(log(), new RegExp(`\\[${child}\\]: +\\d+$`));
  t.ok(said > 1000 && said < 1100, `a megabyte of its lines is written, ${said} of 5000`);
  await until('a word of the rest', () => lost(log()) >= 5000 - said);
  t.pass('the others are counted');
});

void t.test('a daemon that stands still holds no child up for long', { skip: needs_log }, async (t) => {
  const { client, pid, log, logged } = await taken_over(t, `
    STDIN.getline();
    for (let n = 1; n <= 1000; n++) log_notice('line ' + n + '\\n');
    STDOUT.print('said all\\n');
    STDIN.getline();
  `);
  await freeze(pid());
  client.send('go on\n');
  await until('the child to have said all', () => client.text.includes('said all'));
  t.pass('it goes on when there is no more room for its lines');
  send(pid(), 'SIGCONT');
  await logged(/line \d+$/);
  client.send('and on\n');
  await client.bye();
  await logged(/finished$/);
  const told = count(log(), /\]: line \d+$/);
  t.ok(told > 100 && told < 1000, `of a thousand lines there was room for ${told}`);
  t.equal(told + lost(log()), 1000, 'the daemon says how many there was no room for');
});

void t.test('lines on their way', (t) => {
  const taken: string[] = [];
  let room = Infinity;
  const output = {
    write(line: Buffer): number {
      const part = line.subarray(0, room);
      if (part.length > 0) taken.push(part.toString());
      room -= part.length;
      return part.length;
    },
  };
  const log = new Dispatch(output, (lost) => Buffer.from(`${lost} lost\n`));
  log.log(Buffer.from('one\n'));
  t.equal(taken.join(''), 'one\n', 'an output that can takes a line at once');
  room = 2;
  log.log(Buffer.from('two\n'));
  t.equal(taken.join(''), 'one\ntw', 'a disk that is nearly full takes a part');
  for (const n of [1, 2, 3]) log.log(Buffer.from(`${n}`.repeat(30_000)));
  log.log(Buffer.from('short\n'));
  room = Infinity;
  t.ok(log.flush(), 'and when there is room again the rest');
  const short = taken.join('').replaceAll(/(\d)\1{29999}/g, '$1\n');
  t.equal(short, 'one\ntwo\n1\n2\n2 lost\n', 'then what was kept, and how many were not');
  taken.length = 0;
  log.log(Buffer.from('three\n'));
  t.equal(taken.join(''), 'three\n', 'after that all is as before');
  t.end();
});
