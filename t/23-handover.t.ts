/**
 * HUP loses no client that connects meanwhile: the listening socket is handed to the next program, and the old one ends
 * only when the new one can be started.
 *
 * A student learns how a descriptor survives exec, the protocol by which systemd hands sockets over, and why a server
 * tests the new program before it gives up the old one.
 */
import { spawn } from 'node:child_process';
import {
  chmodSync, closeSync, copyFileSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync,
} from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import t from 'tap';
import { C, libc } from '../perl/libc.ts';
import {
  children, Client, copy_program, edit, environment, folder, free_port, freeze, has_ended, home_in, installed, is_running,
  log_daemon, needs_log, needs_root, one_user, port_of, root, send, start, type Test, until,
} from './harness.ts';

t.jobs = 2; // most of these wait for something that takes its time

const holds_up = installed('strace') ? false : 'strace, which holds the start up, is not installed';

for (const { name, settings } of one_user) {
  void t.test(`clients that connect during a relaunch, ${name}`, { skip: needs_log }, async (t) => {
    const { port, pid, logged, log } = await start(t, settings);
    let [greeted, stop] = [0, false];
    const talking = (async () => {
      while (!stop) {
        const client = await Client.open(port); // a refused connection would throw
        await client.greeted_or_closed();
        if (client.text === '') t.fail('a client was accepted, and hung up on without a greeting');
        greeted++;
        client.destroy();
      }
    })();
    for (let n = 1; n <= 5; n++) {
      const before = greeted;
      await until('some clients', () => greeted > before + 3);
      send(pid(), 'SIGHUP');
      await logged(/Server accepting/, n + 1);
    }
    stop = true;
    await talking;
    t.ok(greeted > 15, `${greeted} clients, each greeted, over five relaunches`);
    t.notMatch(log().join('\n'), /Not relaunched/, 'no relaunch was refused');
  });
}

void t.test('HUPs that come while the next program starts do not end it', { skip: needs_log }, async (t) => {
  const { port, pid, logged } = await start(t);
  const first = pid();
  send(first, 'SIGHUP');
  await logged(/Trying to relaunch/);
  let sent = 0;
  await until('the old pid to be gone', () => {
    const there = send(first, 'SIGHUP');
    if (there) sent++;
    return !there; // the new program has become a daemon, under another pid
  });
  await logged(/Server accepting/, 2);
  t.comment(`${sent} signals`);
  await (await Client.greeted(port)).bye();
  send(pid(), 'SIGHUP');
  await logged(/Server accepting/, 3);
  await (await Client.greeted(port)).bye();
  t.pass('it serves, and hears the next HUP');
});

void t.test('a program that could not be started is not started', { skip: needs_log }, async (t) => {
  const dir = folder(t);
  const program = copy_program(join(dir, 'copy'));
  const script = join(dir, 'script.txt');
  const good = readFileSync(join(root, 'Chatbot', 'doctor.txt'));
  writeFileSync(script, good);
  const { port, pid, pidfile, logged } = await start(t, { dir, program, env: { ELIZA_SCRIPT: script } });
  const daemon = pid();
  const client = await Client.greeted(port);
  const text = readFileSync(program, 'utf8');
  const faults: [what: string, spoil: () => void, complaint: RegExp][] = [
    ['a syntax error', () => { writeFileSync(program, `${text}\n}`); }, /: SyntaxError: /],
    ['a module that is gone', () => { rmSync(join(dir, 'copy', 'Daemon.js')); }, /: Error .*Cannot find module/],
    ['the program is gone', () => { rmSync(program); }, /: Error: Cannot find module/],
    ['a check that is killed', () => {
      writeFileSync(program, text.replace('\n', `\nif (process.argv.includes('-c')) process.kill(process.pid, 'SIGKILL');\n`));
    }, /: the check was ended by signal 9$/],
    ['a check that never ends', () => {
      const never = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)';
      writeFileSync(program, text.replace('\n', `\nif (process.argv.includes('-c')) { console.log('thinking'); ${never}; }\n`));
    }, /: the check took more than 10 seconds$/],
    ['a script without xnone', () => { writeFileSync(script, 'initial: Hello.\n'); }, /script\.txt/],
    ['no script', () => { rmSync(script); }, /script\.txt/],
  ];
  for (const [n, [what, spoil, complaint]] of faults.entries()) {
    spoil();
    send(daemon, 'SIGHUP');
    const lines = await logged(/Not relaunched, it could not be started: /, n + 1);
    t.match(lines.filter((line) => line.includes('Not relaunched')).at(-1), complaint, `${what}: the log says so`);
    t.match(await client.say('Are you all right?'), /^Eliza:\t/, 'the conversation goes on');
    await (await Client.greeted(port)).bye();
    t.equal(Number(readFileSync(pidfile, 'latin1')), daemon, 'and so does the daemon');
    writeFileSync(program, text);
    copyFileSync(join(root, 'Daemon.js'), join(dir, 'copy', 'Daemon.js'));
    writeFileSync(script, good);
  }
  send(daemon, 'SIGHUP');
  await logged(/Server accepting/, 2);
  t.not(pid(), daemon, 'mended, it is relaunched');
  await (await Client.greeted(port)).bye();
});

const no_strace = needs_log || holds_up;
void t.test('a daemon that is ended while HUP’s check begins leaves no open port', { skip: no_strace }, async (t) => {
  const { port, pid, logged } = await start(t);
  const daemon = pid();
  // The check is held up between its fork and its exec: there it has the daemon's descriptors.
  const strace = ['-f', '-o', '/dev/null', '-e', 'trace=execve', '-e', 'inject=execve:delay_enter=4000000'];
  const tracer = spawn('strace', [...strace, '-p', String(daemon)], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  tracer.stderr.on('data', (data) => { said += String(data); });
  const untraced = new Promise((resolve) => tracer.once('close', resolve));
  await until('strace', () => said.includes('attached'));
  send(daemon, 'SIGHUP');
  await until('the check', () => children(daemon)[0]);
  send(daemon, 'SIGTERM');
  await logged(/exiting normally/);
  await until('the daemon to end', () => !is_running(daemon));
  await t.rejects(Client.open(port), { code: 'ECONNREFUSED' }, 'whoever connects now is refused, and not taken by a check');
  tracer.kill();
  await untraced;
});

void t.test('what a start needs is looked at before the old program is given up', async (t) => {
  const [dir, cwd] = [folder(t), folder(t)];
  const attached = { args: ['--foreground'], attached: true, dir, cwd, env: home_in(folder(t)) };
  const { port, pid, logged } = await start(t, attached);
  const daemon = pid();
  for (const [times, [from, complaint]] of ([
    [dir, /Not relaunched, .*ELIZA_PIDFILE: can't be written: ENOENT/],
    [cwd, /Not relaunched, .*Can't chdir to .*, where it was started: No such file or directory/],
  ] as const).entries()) {
    renameSync(from, `${from}-away`);
    send(daemon, 'SIGHUP');
    await logged(complaint);
    await (await Client.greeted(port)).bye();
    t.pass(`${['the folder of the pid file', 'the folder in which it was started'][times] ?? ''} has gone: it serves on`);
    renameSync(`${from}-away`, from);
  }
  send(daemon, 'SIGHUP');
  await logged(/Server accepting/, 2);
  await (await Client.greeted(port)).bye();
  t.pass('when they are back it is relaunched');
});

const needs_unshare = installed('unshare') ? false : 'unshare is not installed';
void t.test('a disk that is full holds a relaunch up, and nothing else', { skip: needs_root || needs_unshare }, async (t) => {
  const [dir, port] = [folder(t), await free_port()];
  const disk = join(dir, 'disk');
  mkdirSync(disk);
  const words = Object.entries(environment({ ELIZA_PIDFILE: join(disk, 'pid'), ...home_in(dir) }));
  const command = [process.execPath, join(root, 'eliza_hup.js'), '--foreground', String(port)];
  const mount = ['sh', '-c', `mount -t tmpfs -o size=16k tmpfs ${disk} && exec "$@"`, 'sh'];
  const namespace = ['unshare', '--mount', '--propagation', 'private', ...mount];
  const daemon = spawn('env', ['-i', ...words.map((word) => word.join('=')), ...namespace, ...command], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const pid = daemon.pid ?? 0;
  t.teardown(async () => {
    daemon.kill('SIGTERM');
    await until('it to end', () => has_ended(daemon));
  });
  let said = '';
  daemon.stderr.on('data', (data) => { said += String(data); });
  await until('it to serve', () => said.includes('Server accepting'));
  const much = join('/proc', String(pid), 'root', disk, 'much'); // as the daemon sees it
  t.throws(() => { writeFileSync(much, Buffer.alloc(2 ** 20)); }, { code: 'ENOSPC' }, 'the disk is full');
  send(pid, 'SIGHUP');
  await until('the refusal', () => said.includes('Not relaunched'));
  t.match(said, /Not relaunched, .*ELIZA_PIDFILE: can't be written: ENOSPC/, 'HUP is refused, and the log says why');
  await (await Client.greeted(port)).bye();
  t.ok(is_running(pid), 'the daemon goes on');
  rmSync(much);
  send(pid, 'SIGHUP');
  await until('the relaunch', () => said.match(/Server accepting/g)?.length === 2);
  await (await Client.greeted(port)).bye();
  t.pass('when there is room again it is relaunched');
});

void t.test('two HUPs are two relaunches, one after the other', { skip: needs_log }, async (t) => {
  const { port, pid, logged, log } = await start(t);
  const first = pid();
  await Client.greeted(port);
  const [child = 0] = children(first);
  await freeze(child);
  send(first, 'SIGHUP');
  await logged(/Terminating children/); // it waits for the child: the second comes in the midst of the first
  send(first, 'SIGHUP');
  send(child, 'SIGCONT');
  await logged(/Server accepting/, 3);
  await (await Client.greeted(port)).bye();
  const steps = log().flatMap((line) => /HUP signal|Trying to relaunch|Server accepting/.exec(line)?.[0] ?? []);
  const relaunch = ['HUP signal', 'Trying to relaunch', 'Server accepting'];
  t.strictSame(steps, ['Server accepting', ...relaunch, ...relaunch], 'one relaunch is complete before the next begins');
});

const last_moments: [where: string, file: string, line: RegExp][] = [
  ['when the children have ended', 'eliza_hup.js', /^ *log_notice\('Trying to relaunch/m],
  ['just before exec', 'Daemon.js', /^ *if \(!exec\(/m],
];
for (const [where, file, line] of last_moments) {
  void t.test(`signals that come in the last moments before a relaunch: ${where}`, { skip: needs_log }, async (t) => {
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
      const [dir, signs] = [folder(t), folder(t)];
      const program = copy_program(join(dir, 'copy'));
      chmodSync(signs, 0o777); // for a daemon that is nobody
      const [here, on] = [join(signs, 'here'), join(signs, 'on')];
      // The program computes, and no event loop turns, until it may go on.
      edit(join(dirname(program), file), line, (found) => `
        process.getBuiltinModule('node:fs').writeFileSync(${JSON.stringify(here)}, '');
        while (!process.getBuiltinModule('node:fs').existsSync(${JSON.stringify(on)}));
        ${found}`);
      const { port, pid, pidfile, logged, log } = await start(t, { dir, program });
      const daemon = pid();
      await Client.greeted(port);
      send(daemon, 'SIGHUP');
      await until('the last moments', () => existsSync(here));
      send(daemon, signal);
      writeFileSync(on, '');
      if (signal === 'SIGTERM') {
        await logged(/exiting normally/);
        await until('the daemon to end', () => !is_running(daemon));
        t.same(log().slice(-2).map((line) => line.replace(/^.*: /, '')),
          ['TERM signal received, terminating children...', 'Server exiting normally'], 'TERM ends the daemon, which says so');
        t.notOk(existsSync(pidfile), 'and its pid file is gone');
        await t.rejects(Client.open(port), { code: 'ECONNREFUSED' }, 'nobody listens');
      } else {
        await logged(/Server accepting/, 3);
        await (await Client.greeted(port)).bye();
        t.pass('HUP: another relaunch follows');
      }
    }
  });
}

void t.test('TERM that comes before a starting daemon is ready ends it', { skip: holds_up }, async (t) => {
  const [dir, port] = [folder(t), await free_port()];
  const pidfile = join(dir, 'eliza_hup.pid');
  const strace = ['-f', '-o', '/dev/null', '-e', 'trace=setsid', '-e', 'inject=setsid:delay_enter=2000000'];
  const env = environment({ ELIZA_PIDFILE: pidfile, ...home_in(dir) });
  const command = [process.execPath, join(root, 'eliza_hup.js'), String(port)];
  const tracer = spawn('strace', [...strace, ...command], { env, stdio: 'ignore' });
  const ended = new Promise((resolve) => tracer.once('close', resolve)); // when all that it traces have ended
  const child = (pid = 0): number => children(pid)[0] ?? 0;
  await until('the fork', () => child(child(tracer.pid)) > 0);
  const starter = child(tracer.pid);
  const daemon = child(starter);
  send(starter, 'SIGTERM');
  await until('the starter to be gone', () => !is_running(starter));
  t.not(existsSync(pidfile) && Number(readFileSync(pidfile, 'latin1')), daemon, 'the daemon has not been ready yet');
  await ended;
  await until('the daemon to be gone', () => !is_running(daemon));
  t.notOk(existsSync(pidfile), 'no pid file is left');
});

void t.test('TERM during HUP ends the daemon', { skip: needs_log }, async (t) => {
  const { port, pid, logged, log } = await start(t);
  const daemon = pid();
  await Client.greeted(port);
  const [child = 0] = children(daemon);
  await freeze(child);
  send(daemon, 'SIGHUP');
  await logged(/Terminating children/);
  send(daemon, 'SIGTERM');
  await logged(/TERM signal received/);
  send(child, 'SIGCONT');
  await until('the daemon to end', () => !is_running(daemon));
  await logged(/exiting normally/);
  t.notMatch(log().join('\n'), /Trying to relaunch/, 'it is not relaunched any more');
});

void t.test('children that do not end on TERM are killed', { skip: needs_log }, async (t) => {
  const signals = [['SIGTERM', /exiting normally/], ['SIGHUP', /Trying to relaunch/]] as const;
  await Promise.all(signals.map(async ([signal, line]) => { // each waits five seconds
    const { port, pid, logged } = await start(t);
    const daemon = pid();
    const client = await Client.greeted(port);
    const [child = 0] = children(daemon);
    await freeze(child);
    send(daemon, signal);
    await client.end();
    await logged(new RegExp(`Child ${child} ended by signal 9$`));
    await logged(line);
    t.notOk(is_running(child), `${signal}: the child is gone`);
  }));
});

/** The descriptor of one of Node's TCP or local sockets. */
function descriptor(socket: Server | Socket): number {
  return (socket as unknown as { _handle: { fd: number } })._handle.fd;
}

/** A process that listens and executes the daemon as systemd would, with the socket as descriptor 3. */
async function activate(t: Test, env: Record<string, string>, port?: number): Promise<{ port: number; said: () => string }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own = port_of(server);
  const { said } = pass(t, env, port ?? own, descriptor(server));
  server.close();
  return { port: own, said };
}

/** What the daemon becomes that is given some descriptors from 3 on. */
interface Activated {
  said: () => string;
  status: () => number | null;
  pid: number;
}

/** Executes the daemon as systemd would. */
function pass(t: Test, env: Record<string, string>, port: number, ...fds: number[]): Activated {
  const command = 'LISTEN_PID=$$ exec "$0" "$@"';
  const args = ['-c', command, process.execPath, join(root, 'eliza_hup.js'), '--foreground', String(port)];
  const all = environment({ ...env, LISTEN_FDS: String(fds.length) });
  const words = Object.entries(all).map(([name, value]) => `${name}=${value}`);
  const child = spawn('env', ['-i', ...words, 'sh', ...args], { stdio: ['ignore', 'ignore', 'pipe', ...fds] });
  let said = '';
  child.stderr?.on('data', (data) => { said += String(data); });
  t.teardown(async () => {
    child.kill('SIGTERM');
    await until('it to end', () => has_ended(child));
  });
  return { said: () => said, status: () => child.exitCode, pid: child.pid ?? 0 };
}

void t.test('socket activation', async (t) => {
  const dir = folder(t);
  const { port, said } = await activate(t, { ELIZA_PIDFILE: join(dir, 'pid'), ...home_in(dir) });
  await (await Client.greeted(port)).bye();
  await until('the log', () => said().includes('finished'));
  t.match(said(), `Server accepting connections on port ${port}\n`, 'the socket is the one handed over');
});

void t.test('a socket for another port is refused', async (t) => {
  const dir = folder(t);
  const { port, said } = await activate(t, { ELIZA_PIDFILE: join(dir, 'pid'), ...home_in(dir) }, 1234);
  await until('the complaint', () => said().includes('\n'));
  await until('all of it', () => said().includes('at eliza_hup.js'));
  t.match(said(), `port 1234: descriptor 3, handed over by LISTEN_FDS, listens on port ${port} at`,
    'it says which port was asked for, and which one the socket has');
});

void t.test('a descriptor that cannot serve is refused', async (t) => {
  const dir = folder(t);
  const env = { ELIZA_PIDFILE: join(dir, 'pid'), ...home_in(dir) };
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => { server.close(); });
  const port = port_of(server);
  const udp = libc().socket(C.AF_INET, C.SOCK_DGRAM | C.SOCK_CLOEXEC, 0); // Node 26 does not show the descriptor of its own
  t.teardown(() => { closeSync(udp); });
  const client = connect(port, '127.0.0.1');
  await new Promise((resolve) => client.once('connect', resolve));
  t.teardown(() => { client.destroy(); });
  const local = createServer().listen(join(dir, 'socket'));
  await new Promise((resolve) => local.once('listening', resolve));
  t.teardown(() => { local.close(); });
  const file = openSync(join(dir, 'file'), 'w');
  t.teardown(() => { closeSync(file); });
  for (const [what, fds, why] of [
    ['a UDP socket', [udp], 'descriptor 3, handed over by LISTEN_FDS, is no TCP socket'],
    ['a socket in the file system', [descriptor(local)], 'descriptor 3, handed over by LISTEN_FDS, is no TCP socket'],
    ['a connection', [descriptor(client)], 'descriptor 3, handed over by LISTEN_FDS, does not listen'],
    ['a file', [file], 'descriptor 3, handed over by LISTEN_FDS, is no socket'],
    ['a good one and a file', [descriptor(server), file], 'descriptor 4, handed over by LISTEN_FDS, is no socket'],
  ] as const) {
    const { said, status } = pass(t, env, port, ...fds);
    await until('its end', () => status() !== null);
    t.match(said(), `Can't create a listening socket: port ${port}: ${why} at eliza_hup.js line`, `${what}: it says why`);
    t.equal(status(), 22, 'the status is errno: EINVAL');
    t.notOk(existsSync(join(dir, 'pid')), 'no pid file is left');
  }
});

const no_ipv6 = Object.values(networkInterfaces()).flat().some((one) => one?.address === '::1') ? false : 'no ::1 here';
void t.test('two sockets, one of IPv4 and one of IPv6', { skip: no_ipv6 }, async (t) => {
  const dir = folder(t);
  const [four, six] = [createServer(), createServer()];
  await new Promise<void>((resolve) => four.listen(0, '127.0.0.1', resolve));
  const port = port_of(four);
  await new Promise<void>((resolve) => six.listen({ port, host: '::1', ipv6Only: true }, resolve));
  const env = { ELIZA_PIDFILE: join(dir, 'pid'), ...home_in(dir) };
  const { said, pid } = pass(t, env, port, descriptor(four), descriptor(six));
  for (const server of [four, six]) server.close();
  for (const start of [1, 2]) {
    await until('it to serve', () => said().match(/Server accepting/g)?.length === start);
    for (const host of ['127.0.0.1', '::1', '::1', '127.0.0.1']) {
      const client = await Client.open(port, host);
      await client.greeted_or_closed();
      t.match(client.text, /^Eliza:\t/, `${host} is served, ${start === 1 ? 'from the start' : 'and after HUP'}`);
      client.destroy();
    }
    if (start === 1) send(pid, 'SIGHUP');
  }
  t.match(said(), /Accepting a connection from (?:::1|0:0:0:0:0:0:0:1)\n/, 'the log names the address');
});

void t.test('LISTEN_FDS meant for another process is not ours', { skip: needs_log }, async (t) => {
  const { port, logged } = await start(t, { env: { LISTEN_FDS: '1', LISTEN_PID: '1' } });
  await (await Client.greeted(port)).bye();
  await logged(/finished/);
  t.pass('it has made its own socket');
});

void t.test('messages to the service manager', async (t) => {
  const dir = folder(t);
  const lines: string[] = [];
  const NOTIFY_SOCKET = join(dir, 'notify');
  await log_daemon(t, NOTIFY_SOCKET, lines);
  const { pid, stop } = await start(t, { dir, env: { NOTIFY_SOCKET } });
  await until('READY', () => lines.length >= 1);
  const first = pid();
  send(first, 'SIGHUP');
  await until('READY again', () => lines.length >= 3);
  const second = pid();
  await stop();
  await until('STOPPING', () => lines.length >= 4);
  t.match(lines, [
    `READY=1\nMAINPID=${first}`, /^RELOADING=1\nMONOTONIC_USEC=\d+$/, `READY=1\nMAINPID=${second}`, 'STOPPING=1',
  ], 'ready, reloading, ready under its new pid, stopping');
});
