/**
 * Processes, looked at from outside: through /proc, their pid files and their ends.
 *
 * The tests, the benches and the tools share what is in this folder.
 *
 * @module
 */
import { type ChildProcess, spawn, type SpawnOptionsWithoutStdio, spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

const MADE = /^(?:node_modules|\.git|\.tap|docs\/site|exercises|types)$/; // by npm, git, the tools and a student

/**
 * Copies the checkout as it is now, without what is made in it.
 *
 * @param to the folder that is to be the copy
 * @param skip what else the copy does not have, by its path in the checkout
 */
export function copy_files(to: string, skip?: RegExp): void {
  const copied = (path: string): boolean => !MADE.test(path) && skip?.test(path) !== true;
  cpSync(root, to, { recursive: true, filter: (from) => copied(from.slice(root.length + 1)) });
}

/** Whether root runs this: only then can there be a chroot. */
export const is_root = process.getuid?.() === 0;

/** The user that stands for an ordinary one when root runs this. */
export const nobody = { uid: 65534, gid: 65534 };

/** The beginning of a command that an ordinary user is to run. */
export const as_nobody = is_root ? ['setpriv', `--reuid=${nobody.uid}`, `--regid=${nobody.gid}`, '--clear-groups'] : [];

/** How long a condition may take to come true, in milliseconds. */
const DEADLINE = 60_000;

/** How long {@link end_all_with} leaves a process to end by itself, in milliseconds. */
const GRACE = 3000;

/**
 * Waits for some time.
 *
 * @param ms how long, in milliseconds
 */
export function pause(ms: number): Promise<void> {
  return new Promise((resume) => setTimeout(resume, ms));
}

/** Waits for some milliseconds, and lets nothing else of this process run meanwhile. */
function stand_still(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/**
 * Waits for a condition.
 *
 * @param what in words, for the error
 * @param condition tried every 5 ms; its first truthy value is the result
 * @param deadline how long it may take, in milliseconds
 * @throws Error when it has not come true by the deadline
 */
export async function until<T>(what: string, condition: () => T | Promise<T>, deadline = DEADLINE): Promise<NonNullable<T>> {
  const end = Date.now() + deadline;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await pause(5);
  }
}

/** The environment without what node-tap puts there for its own children, and without settings of the daemon's. */
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
  /** How long it may take, in milliseconds, before it is killed; four minutes where nothing is said. */
  deadline?: number;
}

/** What the last commands have said, for whoever has to look into a failure. */
export const said: string[] = [];

/** Keeps what a command has left in {@link said}. @returns the same */
export function kept(words: string[], outcome: Outcome): Outcome {
  const last = (name: 'stdout' | 'stderr'): string[] => outcome[name].trimEnd().split('\n').slice(-40)
    .filter(Boolean).map((line) => `${name}: ${line}`);
  const { status, signal } = outcome;
  const end = signal ?? `status ${String(status)}`;
  said.push([`$ ${words.join(' ')}`, ...last('stdout'), ...last('stderr'), end].map((line) => `# ${line}\n`).join(''));
  if (said.length > 3) said.shift();
  return outcome;
}

/** Runs a command to its end. */
export function run(command: string, args: string[], options: SpawnOptionsWithoutStdio & RunOptions = {}): Promise<Outcome> {
  const { input, listen, deadline = 4 * DEADLINE, ...rest } = options;
  return new Promise((resolve, reject) => {
    const mark = process.env['TMPDIR'] === undefined ? {} : { TMPDIR: process.env['TMPDIR'] }; // as leave_nothing has it
    const env: NodeJS.ProcessEnv = { ...mark, ...rest.env ?? environment() };
    const words = Object.entries(env).map(([name, value]) => `${name}=${value ?? ''}`);
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
    const timer = setTimeout(() => child.kill('SIGKILL'), deadline);
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

/** @returns why a comparison with CPAN's Chatbot::Eliza is left out, or false */
export function no_chatbot_eliza(): string | false {
  const { status } = spawnSync('perl', ['-MChatbot::Eliza', '-e1']);
  return status === 0 ? false : 'needs perl with Chatbot::Eliza (Debian: libchatbot-eliza-perl)';
}

/** @returns whether a child of ours has ended */
export function has_ended({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** @returns whether there is such a process, if only as a zombie, which its parent has not asked for yet */
export function pid_exists(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

/**
 * @returns whether a process runs: when an orphan that has ended goes is up to process 1, and not to who has ended it. Its
 *   first thread may have ended before the others, and what they share, as a socket that listens, is closed by the last.
 */
export function is_running(pid: number): boolean {
  try {
    return !/^[ZX]/.test(status(pid, 'State')) || Number(status(pid, 'Threads')) > 1;
  } catch {
    return false;
  }
}

/** @returns the pid in a pid file; 0 where there is none: a relaunch removes it for a moment */
export function pid_in(pidfile: string): number {
  try {
    return Number(readFileSync(pidfile, 'latin1'));
  } catch {
    return 0;
  }
}

/** @returns a field of /proc/PID/status, its columns joined by one space */
export function status(pid: number, field: string): string {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return (new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(text)?.[1] ?? '').trim().split(/\s+/).join(' ');
}

/** @returns a sum over all the memory of a process, in KB, from smaps_rollup */
export function memory(pid: number, field: 'Pss' | 'Private_Dirty'): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
}

/** @returns the pids of a process's children */
export function children(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** How often a process has gone to sleep, if that is what it does; empty while it runs, or waits for a processor. */
function sleeps(pid: number): string {
  return /^[ST]/.test(status(pid, 'State')) ? status(pid, 'voluntary_ctxt_switches') : '';
}

/**
 * @returns a process's descriptors and what they are, as `N target`, in a moment in which it sleeps: a daemon that warms up
 *   opens some and closes them again, and may lose the processor in between
 * @throws Error if it never does
 */
export function descriptors(pid: number): string[] {
  for (const end = Date.now() + DEADLINE; Date.now() < end;) {
    const before = sleeps(pid);
    const found = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [`${fd} ${readlinkSync(`/proc/${pid}/fd/${fd}`)}`];
      } catch {
        return []; // closed meanwhile
      }
    });
    if (before !== '' && sleeps(pid) === before) return found;
    stand_still(1);
  }
  throw new Error(`process ${pid} has not slept for ${DEADLINE / 1000} s`);
}

/** @returns numbers from /proc/PID/stat, whose fields proc(5) counts from 1; the second may have blanks in it */
export function stat(pid: number, ...fields: number[]): number[] {
  const from_third = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ');
  return fields.map((field) => Number(from_third[field - 3]));
}

/** @returns the processor time that a process has used, in ticks, which are hundredths of a second */
export function ticks(pid: number): number {
  const [user = 0, system = 0] = stat(pid, 14, 15);
  return user + system;
}

/**
 * Waits until a process has come to rest: it has slept for half a second, but for a moment. One that only lacks a processor
 * does not sleep.
 *
 * @returns the ticks that it has used until then
 */
export async function at_rest(pid: number): Promise<number> {
  let [before, since] = [-1, 0];
  await until('the process to come to rest', () => {
    const now = ticks(pid);
    if (now !== before || !status(pid, 'State').startsWith('S')) [before, since] = [now, Date.now()];
    return Date.now() - since > 500;
  }, 120_000);
  return before;
}

/** Stops a process by SIGSTOP, and waits until it stands still: before that another signal could still reach it. */
export async function freeze(pid: number): Promise<void> {
  send(pid, 'SIGSTOP');
  await until(`process ${pid} to stand still`, () => status(pid, 'State').startsWith('T'));
}

/**
 * Sends a signal to a process, which may have ended meanwhile. Everybody sends signals by this one: 0 is a whole process
 * group to kill(2), the sender's own, and what reads a pid file that is not there gets just that.
 *
 * @param pid a process, by a number from 1 on
 * @returns whether it was there
 * @throws Error where the pid is no such number
 */
export function send(pid: number, signal: NodeJS.Signals | number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) throw new Error(`${signal} is not sent: ${pid} is no process's id`);
  try {
    // eslint-disable-next-line no-restricted-syntax -- the one place for it
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Ends a process that is not a child of ours by TERM, and waits until it has gone, so many milliseconds at most. */
export async function terminate(pid: number, deadline = DEADLINE): Promise<void> {
  if (pid <= 0 || !send(pid, 'SIGTERM')) return;
  await until(`process ${pid} to end`, () => !is_running(pid), deadline);
}

/** @returns the pids of processes that were started with a setting in their environment, or a path below it; no zombies */
function with_environment(setting: string): number[] {
  const has = (entry: string): boolean => entry === setting || entry.startsWith(`${setting}/`);
  return readdirSync('/proc').map(Number).filter((pid) => {
    try {
      return pid > 0 && pid !== process.pid && readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').some(has);
    } catch {
      return false; // it is another user's, or has gone
    }
  });
}

/**
 * Kills every process that was started with a setting in its environment, until none is left: a daemon has left its
 * process group, and may be starting a new one.
 *
 * @param setting as `NAME=value`
 */
export async function kill_all_with(setting: string): Promise<void> {
  await until(`the processes with ${setting} to end`, () => {
    const left = with_environment(setting);
    for (const pid of left) send(pid, 'SIGKILL');
    return left.length === 0;
  });
}

/**
 * Ends every process that was started with a setting in its environment: by TERM, and those that have not ended after three
 * seconds by KILL. Nothing else of this process runs until they have gone.
 *
 * @param setting as `NAME=value`
 */
export function end_all_with(setting: string): void {
  const told = new Set<number>();
  const begun = Date.now();
  for (let left; (left = with_environment(setting)).length > 0 && Date.now() < begun + 2 * GRACE;) {
    const late = Date.now() > begun + GRACE;
    for (const pid of left.filter((pid) => late || !told.has(pid))) send(pid, late ? 'SIGKILL' : 'SIGTERM');
    for (const pid of left) told.add(pid);
    stand_still(10);
  }
}
