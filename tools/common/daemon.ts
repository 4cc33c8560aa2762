/**
 * The real daemon, started on a port and in a folder of its own, so that several can run beside each other. Where root
 * starts it, it has a /dev of its own too (a mount namespace), with a log socket in it or without.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Owner } from './cleanup.ts';
import { free_port } from './network.ts';
import {
  as_nobody, environment, is_root, kill_all_with, nobody, type Outcome, pid_in, root, run, terminate, until,
} from './processes.ts';

/** Whether a daemon's log can be read: in a /dev of its own, or because the machine has no log and it writes a file. */
export const has_log = is_root || !existsSync('/dev/log');

/**
 * Makes a folder that is removed at its owner's end.
 *
 * @param owner whose it is
 * @param prefix what its name begins with; short, since a socket's path may be 107 bytes at most
 * @returns its path, which all may read
 */
export function folder(owner: Owner, prefix = 'hup-'): string {
  const path = mkdtempSync(join(tmpdir(), prefix));
  chmodSync(path, 0o755);
  owner.teardown(() => { rmSync(path, { recursive: true, force: true }); });
  return path;
}

/** @returns the setting that gives a daemon's children a home of their own, which only root can */
export function home_in(dir: string): Record<string, string> {
  return is_root ? { ELIZA_HOME: join(dir, 'home') } : {};
}

/** How a daemon is to be started. */
export interface Settings {
  /** Switches of node's. */
  switches?: string[];
  /** More arguments, before the port. */
  args?: string[];
  /** More environment. */
  env?: Record<string, string>;
  /** `nobody` gives it away its root, where there is one. */
  user?: 'nobody';
  /** `own`: a log socket of its own at /dev/log; otherwise no /dev/log. Root only; others have the machine's. */
  syslog?: 'own';
  /** With a terminal for STDERR, by script(1). */
  terminal?: boolean;
  /** What runs the program, where it is not the node that runs the test. */
  node?: string;
  /** The program, where it is not the checkout's. */
  program?: string;
  /** The port; 0 for no port argument at all. */
  port?: number;
  /** The command does not return (`--foreground`): do not wait for it. */
  attached?: boolean;
  /** The folder for pid file and log. */
  dir?: string;
  /** The folder in which the command is typed, where it is not the checkout. */
  cwd?: string;
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

/** A private /dev: how to start a command in it, where it is outside, and its log. */
interface Own {
  command: string[];
  dev: string;
  lines: string[];
  syslogd?: ChildProcess;
}

/** A /dev with the few devices a program needs, and a log socket or none. */
async function own_dev(owner: Owner, dir: string, { syslog, user }: Settings): Promise<Own> {
  const dev = mkdtempSync(join(dir, 'dev'));
  chmodSync(dev, 0o755);
  const devices = ['null', 'zero', 'urandom', 'random'];
  for (const name of devices) writeFileSync(join(dev, name), '');
  const lines: string[] = [];
  const syslogd = syslog === 'own' ? { syslogd: await log_daemon(owner, join(dev, 'log'), lines) } : {};
  const binds = devices.map((name) => `mount --bind /dev/${name} ${dev}/${name}`);
  const script = [...binds, `mount --rbind ${dev} /dev`, 'exec "$@"'].join(' && ');
  const drop = user ? as_nobody : [];
  const command = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', ...drop];
  return { command, dev, lines, ...syslogd };
}

/** A syslogd of the owner's own: a datagram socket whose lines end up in an array. */
export async function log_daemon(owner: Owner, path: string, lines: string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(root, 't', 'syslogd.js'), path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let rest = '';
  child.stdout.setEncoding('latin1').on('data', (data: string) => {
    const parts = (rest + data).split('\0\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  owner.teardown(() => { child.kill('SIGKILL'); });
  await until(`the log socket ${path}`, () => existsSync(path));
  return child;
}

/** How long a daemon may take to end when its owner does, in ms: a student's may be deaf to TERM, and is killed then. */
const TO_END = 15_000;

/** Starts the daemon and waits for the command to return. Whatever became of it, it ends with its owner. */
export async function start(owner: Owner, settings: Settings = {}): Promise<Daemon> {
  const dir = settings.dir ?? folder(owner);
  const port = settings.port ?? await free_port();
  const pidfile = join(dir, 'eliza_hup.pid');
  const program = settings.program ?? join(root, 'eliza_hup.js');
  const own = is_root && !settings.terminal ? await own_dev(owner, dir, settings) : { command: [], dev: '', lines: [] };
  if (is_root && settings.user === 'nobody') chownSync(dir, nobody.uid, nobody.gid);
  const words = [...(settings.args ?? []), ...(port ? [String(port)] : [])];
  const eliza = [settings.node ?? process.execPath, ...(settings.switches ?? []), program, ...words];
  const command = [...own.command, ...(settings.terminal ? ['script', '-qec', eliza.join(' '), '/dev/null'] : eliza)];
  const home = settings.user ? {} : home_in(dir);
  const env = environment({ ELIZA_PIDFILE: pidfile, ...home, ...settings.env });
  const pid = (): number => pid_in(pidfile);
  const stop = (): Promise<void> => terminate(pid());
  owner.teardown(async () => {
    await terminate(pid(), TO_END).catch(() => undefined);
    await kill_all_with(`ELIZA_PIDFILE=${pidfile}`); // a relaunch may be under way, without a pid file
  });
  let said = '';
  const cwd = settings.cwd ?? process.cwd();
  const running = run(command[0] ?? '', command.slice(1), { env, cwd, listen: (text) => { said = text; } });
  const outcome = settings.attached ? { status: null, signal: null, stdout: '', stderr: '' } : await running;

  const file = join(dir, 'eliza_hup.log');
  const log = (): string[] => {
    if (settings.attached) return said.trimEnd().split('\n');
    if (is_root && settings.syslog === 'own') return own.lines;
    return existsSync(file) ? readFileSync(file, 'latin1').trimEnd().split('\n') : [];
  };
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
