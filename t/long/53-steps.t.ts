/**
 * The program grows: each step of docs/steps/ runs, does what the one before did not, and lacks what the next one has.
 *
 * A student learns what each part of a daemon is for, by seeing what goes wrong without it.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { steps, with_steps } from '../../tools/steps.ts';
import {
  children, Client, environment, folder, free_port, has_ended, home_in, is_root, is_running, needs_log, needs_root, pid_exists,
  pid_in, root, run, send, start, status, type Test, until,
} from '../harness.ts';

/** The compiled program of a step. */
const program = (step: number): string => join(root, (steps[step] ?? '').replace(/ts$/, 'js'));

/** A step that stays in the foreground, with its first client. */
interface Attached {
  server: number;
  client: Client;
  port: number;
  /** Waits for the end of the server. @returns its status */
  ended(): Promise<number | null>;
}

async function serve(t: Test, step: number, flags: string[] = []): Promise<Attached> {
  const port = await free_port();
  const words = Object.entries(environment()).map(([name, value]) => `${name}=${value}`);
  const child = spawn('env', ['-i', ...words, process.execPath, ...flags, program(step), String(port)], { stdio: 'ignore' });
  const server = child.pid ?? 0;
  t.teardown(() => {
    for (const pid of children(server)) send(pid, 'SIGKILL');
    child.kill('SIGKILL');
  });
  const client = await until('a server that listens', () => Client.open(port).catch(() => undefined));
  const ended = async (): Promise<number | null> => {
    await until('the end of the server', () => has_ended(child));
    return child.exitCode;
  };
  return { server, client, port, ended };
}

const state = (pid: number): string => status(pid, 'State').slice(0, 1);

void t.test('0: the echo', async (t) => {
  const { client, port } = await serve(t, 0);
  client.send('one\n');
  await until('the echo', () => client.text === 'one\n');
  const second = await Client.open(port);
  second.send('two\n');
  client.send('three\n');
  await until('the second echo', () => client.text === 'one\nthree\n');
  t.equal(second.text, '', 'a second client hears nothing while the first is there');
  client.destroy();
  await until('its echo', () => second.text === 'two\n');
  t.pass('its turn comes when the first has gone');
});

void t.test('1: the bot', async (t) => {
  const { client, port } = await serve(t, 1);
  await client.prompted(1);
  const second = await Client.open(port);
  t.match(await client.say('My mother hates me.'), /^Eliza:\t.*your family/, 'ELIZA answers');
  t.equal(second.text, '', 'a second client still waits');
  client.send('bye\n');
  await second.prompted(1);
  t.match(client.text, /\nyou:\tEliza:\t.*\n$/, 'bye is answered, and then the second client is greeted');
});

void t.test('2: a fork for each client', async (t) => {
  const { server, client, port } = await serve(t, 2);
  await client.prompted(1);
  const second = await Client.greeted(port);
  t.equal(children(server).length, 2, 'two clients, two children');
  const [first = 0] = children(server);
  await client.bye();
  t.match(await second.say('Are you still there?'), /^Eliza:\t/, 'one client goes, the other one talks on');
  await until('the end of the child', () => state(first) === 'Z');
  t.ok(pid_exists(first), 'the child that has ended is a zombie');
});

void t.test('3: no zombies', async (t) => {
  const { server, client, port, ended } = await serve(t, 3);
  await client.prompted(1);
  const [first = 0] = children(server);
  await client.bye();
  await until('the child to be reaped', () => !pid_exists(first));
  const second = await Client.greeted(port);
  const [child = 0] = children(server);
  send(child, 'SIGTERM');
  t.match(await second.say('What was that?'), /^Eliza:\t/, 'a child is deaf to TERM: it has the handler of its parent');
  send(server, 'SIGTERM');
  t.equal(await ended(), 0, 'TERM ends the server all the same, with status 0');
  t.notOk(is_running(child), 'and the child, by KILL');
});

const early = ['--import', join(root, 'docs', 'steps', 'early.js')];

void t.test('3: a TERM for a child, too early, ends the server', async (t) => {
  const { client, ended } = await serve(t, 3, early);
  t.equal(await ended(), 0, 'the parent has heard what was meant for the child');
  await client.end();
});

void t.test('4: launch_child', async (t) => {
  const { server, client, port } = await serve(t, 4);
  await client.prompted(1);
  const [child = 0] = children(server);
  send(child, 'SIGTERM');
  await client.end();
  await until('the child to be reaped', () => !pid_exists(child));
  t.match(await (await Client.greeted(port)).bye(), /^Eliza:\t/, 'TERM for a child ends that child, and the server goes on');
});

void t.test('4: a TERM for a child, too early, ends the child', async (t) => {
  const { server, client, port } = await serve(t, 4, early);
  await client.end();
  t.equal(client.text, '', 'its client is hung up on');
  const second = await Client.open(port);
  await second.end();
  t.not(state(server), 'Z', 'the server goes on');
});

void t.test('4: the terminal', async (t) => {
  const { server, ended } = await serve(t, 4);
  send(server, 'SIGHUP'); // what the kernel sends when the terminal goes
  t.equal(await ended(), null, 'HUP ends the server');
});

void t.test('5: a daemon', async (t) => {
  const pidfile = join(folder(t), 'eliza_hup.pid');
  const port = await free_port();
  const command = [program(5), String(port)];
  const env = environment({ ELIZA_PIDFILE: pidfile });
  t.same(await run(process.execPath, command, { env }), { status: 0, signal: null, stdout: '', stderr: '' },
    'the command returns, without a word');
  const server = pid_in(pidfile);
  t.teardown(() => { if (is_running(server)) send(server, 'SIGKILL'); });
  t.equal(readlinkSync(`/proc/${server}/cwd`), '/', 'its folder is /');
  t.same([0, 1, 2].map((fd) => readlinkSync(`/proc/${server}/fd/${fd}`)), ['/dev/null', '/dev/null', '/dev/null'],
    'its standard input, output and error are /dev/null');
  const [, , , session, terminal] = readFileSync(`/proc/${server}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  t.same([session, terminal], [String(server), '0'], 'it has a session of its own, and no terminal');
  const client = await Client.greeted(port);
  const other = await run(process.execPath, [program(5), String(await free_port())], { env });
  t.match(other.stderr, `Server already running with PID ${server}`, 'a second one is refused');
  send(server, 'SIGTERM');
  await client.end();
  await until('the end of the server', () => !is_running(server));
  t.notOk(existsSync(pidfile), 'TERM ends it, and its pid file goes');
});

void t.test('5: root', { skip: needs_root }, async (t) => {
  const pidfile = join(folder(t), 'eliza_hup.pid');
  const port = await free_port();
  await run(process.execPath, [program(5), String(port)], { env: environment({ ELIZA_PIDFILE: pidfile }) });
  await Client.greeted(port);
  const server = pid_in(pidfile);
  const [child = 0] = children(server);
  t.equal(status(child, 'Uid'), '0 0 0 0', 'started by root, its children are root');
  t.equal(readlinkSync(`/proc/${child}/root`), '/', 'and see every file');
  send(server, 'SIGTERM');
  await until('the end of the server', () => !is_running(server));
});

void t.test('6: a log, and no privileges', { skip: needs_log }, async (t) => {
  const { port, pid, pidfile, dir, logged } = await start(t, { program: program(6) });
  const server = pid();
  const client = await Client.greeted(port);
  const [child = 0] = children(server);
  if (is_root) {
    t.equal(status(server, 'Uid'), '0 65534 0 65534', 'the daemon is nobody, and may be root again');
    t.equal(status(child, 'Uid'), '65534 65534 65534 65534', 'a child is nobody for good');
    t.equal(readlinkSync(`/proc/${child}/root`), home_in(dir).ELIZA_HOME, 'and locked into its folder');
  }
  await client.bye();
  t.match((await logged(/finished/)).map((line) => line.replace(/.*\]: /, '')),
    [/^Server accepting/, /^Accepting a connection from/, /^Connection from .* finished$/], 'the log tells what happens');
  send(server, 'SIGHUP');
  await until('the end of the server', () => !is_running(server));
  t.ok(existsSync(pidfile), 'HUP ends it at once: the pid file stays behind');
});

void t.test('7: HUP', { skip: needs_log }, async (t) => {
  const { port, pid, pidfile, logged, stop } = await start(t, { program: program(7) });
  const client = await Client.greeted(port);
  send(pid(), 'SIGHUP');
  await client.end();
  await logged(/Server accepting/, 2);
  t.match(await (await Client.greeted(port)).bye(), /^Eliza:\t/, 'after HUP it serves again');
  await stop();
  t.notOk(existsSync(pidfile), 'TERM ends it as ever');
});

/** The code of a file: its statements, without imports, exports, comments and the numbers of the Perl. */
function code(file: string): string[] {
  return readFileSync(join(root, file), 'utf8').replaceAll(/\/\*\*[^]*?\*\//g, '').split('\n')
    .map((line) => line.replace(/\s+\/\/ .*$/, '').replace(/^\s*\/\/ .*$/, '').trim())
    .filter((line) => line !== '' && !/^(?:import |export |#!)/.test(line));
}

void t.test('the last step is the program', (t) => {
  const [last, mirror] = [code(steps.at(-1) ?? ''), [...code('eliza_hup.ts'), ...code('Daemon.ts')]];
  t.same(last.filter((line) => !mirror.includes(line)), [
    'const listen_socket = IO_Socket_INET.open({ LocalPort: port, Listen: 20, Proto: \'tcp\', Reuse: true })',
    'var pid: number | undefined = init_server(PIDFILE, USER, GROUP);',
    'function init_server(file: string, user?: string, group?: string): number {',
    'pidfile = file;',
  ], 'it has no line of its own but a socket in one line, and an init_server to which the pid file must be named');
  t.same(mirror.filter((line) => !last.includes(line)), [
    'const listen_socket = IO_Socket_INET.open({ LocalPort: port,',
    'Listen: 20,',
    'Proto: \'tcp\',',
    'Reuse: true })',
    'var pid: number | undefined = init_server(PIDFILE, USER, GROUP, port);',
    'const PIDPATH = \'/var/run\';',
    'function init_server(file?: string, user?: string, group?: string, _port?: Text): number {',
    'pidfile = file ?? getpidfilename();',
    'function log_debug(...list: Text[]): void { syslog(\'debug\', _msg(list)); }',
    'function getpidfilename(): string {',
    'const name = basename($[\'0\'], \'.js\');',
    'return `${PIDPATH}/${Tainted.raw(name)}.pid`;',
  ], 'and lacks nothing but a name for a pid file that is not named, and log_debug');
  t.end();
});

void t.test('the chapter shows the steps as they are', (t) => {
  for (const name of [join('docs', '18-steps.md'), join('docs', 'es', '18-steps.md')]) {
    const page = readFileSync(join(root, name), 'utf8');
    t.equal(with_steps(page), page, `${name}: each step; if not: npm run docs`);
    t.same([...page.matchAll(/^```(?:ts|diff) (docs\/steps\/\S+)$/gm)].map(([, file]) => file), steps, `${name}: all of them`);
  }
  t.end();
});
