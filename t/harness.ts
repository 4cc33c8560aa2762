/**
 * What the tests share: start the real daemon, talk to it, look at it in /proc, read its log, and end it.
 *
 * Every wait is for a condition, with a deadline. Each daemon has a folder and a port of its own, so that tests can run
 * beside each other. Where root runs them, a daemon gets a /dev of its own too (a mount namespace), with a log socket
 * in it or without.
 *
 * @module
 */
import { type ChildProcess, spawn, type SpawnOptionsWithoutStdio, spawnSync } from 'node:child_process';
import {
  chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync,
} from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type t from 'tap';

export type Test = Pick<typeof t, 'teardown'>;

/** The checkout. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Whether root runs the tests: only then can there be a chroot. */
export const is_root = process.getuid?.() === 0;

/** Who runs the daemon in a test: root where root runs the tests, and an ordinary user always. */
export const users: { name: string; settings: { user?: 'nobody' } }[] = is_root
  ? [{ name: 'as root', settings: {} }, { name: 'as an ordinary user', settings: { user: 'nobody' } }]
  : [{ name: 'as an ordinary user', settings: {} }];

/** Whether a daemon's log can be read: in a /dev of its own, or because the machine has no log and it writes a file. */
const has_log = is_root || !existsSync('/dev/log');

/** Why a test that reads the log is skipped, or false. */
export const needs_log = has_log ? false : 'this machine has a /dev/log, and only root can give the daemon another';

/** Why a test that only root can do is skipped, or false. */
export const needs_root = is_root ? false : 'only root can do this';

const deadline = 60_000;

/**
 * Waits for a condition.
 *
 * @param what in words, for the error
 * @param condition tried again and again; its first truthy value is the result
 */
export async function until<T>(what: string, condition: () => T | Promise<T>): Promise<NonNullable<T>> {
  const end = Date.now() + deadline;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resume) => setTimeout(resume, 5));
  }
}

/** @returns a folder of the test's own, removed at its end; short, since a socket's path may be 107 bytes at most */
export function folder(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'hup-'));
  chmodSync(path, 0o755);
  t.teardown(() => { rmSync(path, { recursive: true, force: true }); });
  return path;
}

/** @returns a TCP port that is free now */
export function free_port(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => { resolve(typeof address === 'object' && address ? address.port : 0); });
    });
  });
}

/** The environment without what node-tap puts there for its own children. */
export function environment(extra: Record<string, string> = {}): Record<string, string> {
  const foreign = /^(NODE_OPTIONS|NODE_V8_COVERAGE|_?TAP.*|ELIZA_.*|CI|COLORTERM|FORCE_COLOR|NO_COLOR)$/;
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return { ...Object.fromEntries(kept) as Record<string, string>, ...extra };
}

/** What a finished command left. */
export interface Outcome {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** What {@link run} takes beside spawn's options. */
export interface RunOptions {
  /** All of STDIN. */
  input?: string;
  /** Is told what it has said so far. */
  listen?: (text: string) => void;
}

/** What the last commands have said, as it is shown when an assertion fails. */
const said: string[] = [];

/** Keeps what a command has left for whoever has to look into a failure. @returns the same */
export function kept(words: string[], outcome: Outcome): Outcome {
  const last = (name: 'stdout' | 'stderr'): string[] => outcome[name].trimEnd().split('\n').slice(-40)
    .filter(Boolean).map((line) => `${name}: ${line}`);
  const { status, signal } = outcome;
  const end = signal ?? `status ${String(status)}`;
  said.push([`$ ${words.join(' ')}`, ...last('stdout'), ...last('stderr'), end].map((line) => `# ${line}\n`).join(''));
  if (said.length > 3) said.shift();
  return outcome;
}

if (/\.t\.[jt]s$/.test(process.argv[1] ?? '')) { // a bench uses this file too
  const { t } = await import('tap');
  t.on('assert', ({ ok, todo }: { ok: boolean; todo: boolean | string }) => {
    if (!ok && todo === false) process.stderr.write(said.splice(0).join(''));
  });
}

/** Runs a command to its end. */
export function run(command: string, args: string[], options: SpawnOptionsWithoutStdio & RunOptions = {}): Promise<Outcome> {
  const { input, listen, ...rest } = options;
  return new Promise((resolve, reject) => {
    const words = Object.entries(rest.env ?? environment()).map(([name, value]) => `${name}=${value ?? ''}`);
    // By env -i, since node-tap watches over what its tests spawn, and would load itself into every node among it.
    const child = spawn('env', ['-i', ...words, command, ...args], { ...rest, stdio: 'pipe' });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('latin1').on('data', (data: string) => {
      stdout += data;
      listen?.(stdout + stderr);
    });
    child.stderr.setEncoding('latin1').on('data', (data: string) => {
      stderr += data;
      listen?.(stdout + stderr);
    });
    child.stdin.on('error', () => undefined).end(input ?? '');
    const timer = setTimeout(() => child.kill('SIGKILL'), 4 * deadline);
    child.once('error', reject).once('close', (status, signal) => {
      clearTimeout(timer);
      resolve(kept([command, ...args], { status, signal, stdout, stderr }));
    });
  });
}

/** @returns whether a command is there */
export function installed(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}

/** How a daemon is to be started. */
export interface Settings {
  /** More arguments, before the port. */
  args?: string[];
  /** More environment. */
  env?: Record<string, string>;
  /** `nobody` gives it away its root, where there is one. */
  user?: 'nobody';
  /** `own`: a log socket of the test's own at /dev/log; otherwise no /dev/log. Root only; others have the machine's. */
  syslog?: 'own';
  /** With a terminal for STDERR, by script(1). */
  terminal?: boolean;
  /** The program, where it is not the checkout's. */
  program?: string;
  /** The port; 0 for no port argument at all. */
  port?: number;
  /** The command does not return (`--foreground`): do not wait for it. */
  attached?: boolean;
  /** The folder for pid file and log. */
  dir?: string;
}

/** A started daemon. */
export interface Daemon extends Outcome {
  /** Its /dev, seen from outside, and who reads its log. */
  dev: string;
  syslogd?: ChildProcess;
  /** The command itself, for an attached one. */
  running: Promise<Outcome>;
  port: number;
  dir: string;
  pidfile: string;
  /** The pid in the pid file now. */
  pid(): number;
  /** The log's lines so far, as a syslogd got them (`<133>…`) or as the file has them. */
  log(): string[];
  /** Waits until the log's lines match. */
  logged(what: RegExp, times?: number): Promise<string[]>;
  /** Ends it by TERM and waits. */
  stop(): Promise<void>;
}

/** @returns whether there is such a process, if only as a zombie */
export function alive(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

/** @returns a field of /proc/PID/status, its columns joined by one space */
export function status(pid: number, field: string): string {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return (new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(text)?.[1] ?? '').trim().split(/\s+/).join(' ');
}

/** Stops a process by SIGSTOP, and waits until it stands still: before that another signal could still reach it. */
export async function freeze(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await until(`process ${pid} to stand still`, () => status(pid, 'State').startsWith('T'));
}

/** @returns a process's descriptors and what they are, as `N target` */
export function descriptors(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).map((fd) => `${fd} ${readlinkSync(`/proc/${pid}/fd/${fd}`)}`);
}

/** @returns the pid in a pid file; 0 where there is none: a relaunch removes it for a moment */
export function pid_in(pidfile: string): number {
  try {
    return Number(readFileSync(pidfile, 'latin1'));
  } catch {
    return 0;
  }
}

/** A script of few words; more of its keys may follow. */
export const few_words = (initial = 'Hello.', keys = ''): string =>
  `initial: ${initial}\nfinal: Gone.\nquit: bye\nkey: xnone\n  decomp: *\n    reasmb: Go on.\n${keys}`;

/** @returns the pids of processes that were started with a setting in their environment, and are no zombies */
function with_environment(setting: string): number[] {
  return readdirSync('/proc').map(Number).filter((pid) => {
    try {
      return pid > 0 && readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(setting);
    } catch {
      return false; // it is another user's, or has gone
    }
  });
}

/** @returns the pids of a process's children */
export function children(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** The user that stands for an ordinary one when root runs the tests. */
const nobody = { uid: 65534, gid: 65534 };

/** The beginning of a command that an ordinary user is to run. */
export const as_nobody = is_root ? ['setpriv', `--reuid=${nobody.uid}`, `--regid=${nobody.gid}`, '--clear-groups'] : [];

/** A private /dev: how to start a command in it, where it is outside, and its log. */
interface Own {
  command: string[];
  dev: string;
  lines: string[];
  syslogd?: ChildProcess;
}

/** A /dev with the few devices a program needs, and a log socket or none. */
async function own_dev(t: Test, dir: string, { syslog, user }: Settings): Promise<Own> {
  const dev = mkdtempSync(join(dir, 'dev'));
  chmodSync(dev, 0o755);
  const devices = ['null', 'zero', 'urandom', 'random'];
  for (const name of devices) writeFileSync(join(dev, name), '');
  const lines: string[] = [];
  const syslogd = syslog === 'own' ? { syslogd: await log_daemon(t, join(dev, 'log'), lines) } : {};
  const binds = devices.map((name) => `mount --bind /dev/${name} ${dev}/${name}`);
  const script = [...binds, `mount --rbind ${dev} /dev`, 'exec "$@"'].join(' && ');
  const drop = user ? as_nobody : [];
  const command = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', ...drop];
  return { command, dev, lines, ...syslogd };
}

/** The test's own syslogd: a datagram socket whose lines end up in an array. */
export async function log_daemon(t: Test, path: string, lines: string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(root, 't', 'syslogd.js'), path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let rest = '';
  child.stdout.setEncoding('latin1').on('data', (data: string) => {
    const parts = (rest + data).split('\0\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  t.teardown(() => { child.kill('SIGKILL'); });
  await until(`the log socket ${path}`, () => existsSync(path));
  return child;
}

/** Starts the daemon and waits for the command to return. Whatever became of it, it ends with the test. */
export async function start(t: Test, settings: Settings = {}): Promise<Daemon> {
  const dir = settings.dir ?? folder(t);
  const port = settings.port ?? await free_port();
  const pidfile = join(dir, 'eliza_hup.pid');
  const program = settings.program ?? join(root, 'eliza_hup.js');
  const own = is_root && !settings.terminal ? await own_dev(t, dir, settings) : { command: [], dev: '', lines: [] };
  if (is_root && settings.user === 'nobody') chownSync(dir, nobody.uid, nobody.gid);
  const eliza = [process.execPath, program, ...(settings.args ?? []), ...(port ? [String(port)] : [])];
  const command = [...own.command, ...(settings.terminal ? ['script', '-qec', eliza.join(' '), '/dev/null'] : eliza)];
  const home = is_root && !settings.user ? { ELIZA_HOME: join(dir, 'home') } : {};
  const env = environment({ ELIZA_PIDFILE: pidfile, ...home, ...settings.env });
  let said = '';
  const running = run(command[0] ?? '', command.slice(1), { env, listen: (text) => { said = text; } });
  const outcome = settings.attached ? { status: null, signal: null, stdout: '', stderr: '' } : await running;

  const pid = (): number => pid_in(pidfile);
  const file = join(dir, 'eliza_hup.log');
  const log = (): string[] => {
    if (settings.attached) return said.trimEnd().split('\n');
    if (is_root && settings.syslog === 'own') return own.lines;
    return existsSync(file) ? readFileSync(file, 'latin1').trimEnd().split('\n') : [];
  };
  const stop = async (): Promise<void> => {
    const daemon = pid();
    if (daemon <= 0 || !alive(daemon)) return;
    process.kill(daemon, 'SIGTERM');
    await until(`daemon ${daemon} to end`, () => !alive(daemon));
  };
  t.teardown(async () => {
    await stop().catch(() => undefined);
    await until('nobody to be left', () => { // a relaunch may be under way, without a pid file
      const left = with_environment(`ELIZA_PIDFILE=${pidfile}`);
      for (const one of left) {
        try {
          process.kill(one, 'SIGKILL');
        } catch {
          // it has just gone
        }
      }
      return left.length === 0;
    });
  });
  const logged = async (what: RegExp, times = 1): Promise<string[]> => {
    await until(`${what} in the log`, () => log().filter((line) => what.test(line)).length >= times)
      .catch((error: unknown) => { throw new Error(`${String(error)}; it has:\n${log().join('\n')}`); });
    return log();
  };
  if (settings.attached || outcome.status === 0) {
    await until('the pid file', () => pid() > 0);
    if (settings.attached || has_log) await logged(/Server accepting/);
  }
  const { dev, syslogd } = own;
  return { ...outcome, running, dev, ...syslogd ? { syslogd } : {}, port, dir, pidfile, pid, log, logged, stop };
}

/** A telnet client in a few lines. */
export class Client {
  /** All that came so far. */
  text = '';
  /** Whether the server has closed the connection, cleanly or not. */
  closed = false;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (data) => { this.text += String(data); });
    socket.on('end', () => { this.closed = true; });
    socket.on('error', () => { this.closed = true; });
  }

  /** Connects. */
  static open(port: number): Promise<Client> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1').once('error', reject).once('connect', () => { resolve(new Client(socket)); });
    });
  }

  /** Connects and waits for the greeting and the prompt after it. */
  static async greeted(port: number): Promise<Client> {
    const client = await Client.open(port);
    await client.prompted(1);
    return client;
  }

  /** Waits until the server has prompted that many times in all. */
  prompted(times: number): Promise<unknown> {
    return until(`prompt ${times} after ${JSON.stringify(this.text)}`, () => {
      const enough = this.text.split('\nyou:\t').length > times;
      if (this.closed && !enough) throw new Error(`the server hung up after ${JSON.stringify(this.text)}`);
      return enough;
    });
  }

  /** Sends a line and waits for the answer to it. */
  async say(line: string, end = '\n'): Promise<string> {
    const before = this.text.length;
    const prompts = this.text.split('\nyou:\t').length;
    this.send(line + end);
    await this.prompted(prompts);
    return this.text.slice(before);
  }

  /** Sends bytes. */
  send(text: string): void {
    this.#socket.write(Buffer.from(text, 'latin1'));
  }

  /** Says good bye and waits for the end. @returns all that was heard */
  async bye(): Promise<string> {
    this.send('bye\n');
    await this.end();
    return this.text;
  }

  /** Waits until the server has closed. */
  end(): Promise<unknown> {
    return until('the end of the connection', () => this.closed);
  }

  /** Cuts the connection. */
  destroy(): void {
    this.#socket.destroy();
  }
}
