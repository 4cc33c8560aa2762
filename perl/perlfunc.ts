/**
 * perlfunc: Perl's built-in functions about processes and messages: die, warn, exit, exec, kill, waitpid, sleep …
 * fork has a file of its own.
 *
 * @module
 */
import { openSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { basename } from 'node:path';
import { STDOUT } from './IO/Handle.ts';
import { C, group, libc, passwd, usleep } from './libc.ts';
import { has_event_loop, next_signal, SIG, signo, type Signal } from './perlipc.ts';
import { before_end, run_END } from './perlmod.ts';
import { refuse_tainted, Tainted, type Text } from './perlsec.ts';
import { $, attempt, set_errno } from './perlvar.ts';
import { with_listen_fds } from './Systemd/Daemon.ts';

/** What `die` throws; the message ends in a newline, as it will be printed. */
export class PerlDie extends Error {
  /** For stack traces. */
  override name = 'PerlDie';
}

/** Where a call came from. */
export interface Frame {
  /** The function that made the call, `main` at the top of a file. */
  sub: string;
  /** The file's name without its folder. */
  file: string;
  /** The line of the call in that file. */
  line: number;
}

const perl = new URL('.', import.meta.url).href;

/**
 * The calls under way in the program, the innermost first. Files in perl/ are left out, as Perl leaves out its own C; so
 * are Node's.
 *
 * @returns one frame a call
 */
export function callers(): Frame[] {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = 50;
    Error.prepareStackTrace = (_, sites) => sites;
    const sites = new Error().stack as unknown as NodeJS.CallSite[];
    return sites.flatMap((site) => {
      const file = site.getFileName() ?? '';
      if (!file.startsWith('file:') || file.startsWith(perl)) return [];
      return [{ sub: site.getFunctionName() ?? 'main', file: basename(file), line: site.getLineNumber() ?? 0 }];
    });
  } finally {
    Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  }
}

/**
 * `caller`: where a sub was called from.
 *
 * @param level 0 for the sub that asks, 1 for the one that called it, and so on
 * @returns the place; undefined where there are not so many subs
 */
export function caller(level = 0): Frame | undefined {
  return callers()[level + 1];
}

const nowhere = 'x'; // for a message from Node's event loop, where no line of the program called

function located(list: Text[], otherwise: string): string {
  const text = list.map((part) => Tainted.raw(part)).join('') || otherwise;
  if (text.endsWith('\n')) return text;
  const here = callers()[0];
  return `${text} at ${here?.file ?? nowhere} line ${here?.line ?? 0}.\n`;
}

let ending = false;

/** Calls a `%SIG` hook with the hook itself switched off, as Perl does. */
function hook(name: '__WARN__' | '__DIE__', message: string): boolean {
  const handler = SIG[name];
  if (!handler) return false;
  SIG[name] = undefined;
  try {
    handler(message);
  } finally {
    SIG[name] = handler;
  }
  return true;
}

/**
 * Ends the program, or the innermost `try`, with a message; ` at FILE line N.` is added where no newline ends it.
 *
 * @param list the message's parts
 * @throws PerlDie always; uncaught, it is printed on STDERR and the process exits with `$!`, or 255 where that is 0
 */
export function die(...list: Text[]): never {
  const message = located(list, 'Died');
  hook('__DIE__', message);
  throw new PerlDie(message);
}

/**
 * Prints a message on STDERR, or gives it to `$SIG{__WARN__}`.
 *
 * @param list the message's parts
 */
export function warn(...list: Text[]): void {
  const message = located(list, "Warning: something's wrong");
  if (!hook('__WARN__', message)) print_error(message);
}

function print_error(message: string): void {
  try {
    writeSync(2, message);
  } catch {
    // STDERR is closed: there is no other place to report to
  }
}

/** An error of JavaScript's in Perl's form, one line: ` at FILE line N.` where no newline ends the text. */
function described(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  if (said.endsWith('\n')) return said;
  const text = error instanceof Error && error.name !== 'Error' ? `${error.name}: ${said}` : said;
  const places = [...(error instanceof Error ? error.stack ?? '' : '').matchAll(/^ +at .*?(file:[^\s()]+):(\d+):\d+\)?$/gm)];
  const [, file, line] = places.find(([, file = '']) => !file.startsWith(perl)) ?? places[0] ?? [];
  return file === undefined ? `${text}\n` : `${text} at ${basename(file)} line ${line ?? 0}.\n`;
}

/**
 * Reports an error that was not caught, in the log or on STDERR, and exits with Perl's status.
 *
 * @param error what was thrown
 */
export function die_uncaught(error: unknown): never {
  let message: string;
  if (error instanceof PerlDie) {
    message = error.message;
  } else {
    message = described(error);
    try {
      hook('__DIE__', message);
    } catch {
      // log_die dies in its turn, with the same message
    }
  }
  // With a hook the message is in the log; in a child STDERR is the client's, which has no use for it.
  if (!SIG.__DIE__) print_error(message);
  exit($.errno & 255 || 255);
}

/** Node's own list of promises that were rejected and not awaited; it looks through it between two events. */
interface Rejections {
  /** Runs what is due, unhandled rejections among it: one of those ends in {@link die_uncaught}. */
  _tickCallback?: () => void;
}

/**
 * Runs the END blocks and ends the process by _exit(2), never by Node's own way out: that joins threads which a
 * forked process does not have. An error in an asynchronous function that was not awaited is an error all the same,
 * and is looked for first: otherwise it would be lost with the process.
 *
 * @param status 0 to 255
 */
export function exit(status = 0): never {
  if (!ending) {
    ending = true;
    (process as Rejections)._tickCallback?.();
  }
  run_END((error) => {
    status = 255;
    print_error(error instanceof Error ? error.message : String(error));
  });
  for (const flush of before_end) flush();
  if (!has_event_loop) STDOUT.hang_up(); // a confined child: it has no children to whom the connection could belong, too
  const { close, _exit } = libc();
  for (const fd of [0, 1, 2]) close(fd); // the client sees the end before the kernel frees the memory
  return _exit(status);
}

/**
 * Replaces the program by another, in the same process. Descriptors above 2 are closed on the way.
 *
 * @param program a path, or a name to be looked for in PATH
 * @param args its arguments
 * @returns false when that failed, with `$!` set; otherwise it does not return
 * @throws Error when an argument is tainted
 */
export function exec(program: string, ...args: string[]): boolean {
  refuse_tainted('exec', program, ...args);
  for (const flush of before_end) flush();
  const { fcntl, execvp } = libc();
  for (const fd of [0, 1, 2]) fcntl(fd, C.F_SETFD, 0); // Node has marked them close-on-exec
  with_listen_fds(() => { set_errno(execvp(program, [program, ...args, null])); });
  return false;
}

/**
 * Sends a signal.
 *
 * @param signal a name, or 0 to ask whether the process is there
 * @param pids to whom
 * @returns how many could be signalled; `$!` says why one could not
 */
export function kill(signal: Signal | 'KILL' | 'STOP' | 0, ...pids: number[]): number {
  refuse_tainted('kill', ...pids);
  const number = signal === 0 ? 0 : signal === 'KILL' || signal === 'STOP' ? constants.signals[`SIG${signal}`] : signo(signal);
  return pids.filter((pid) => set_errno(libc().kill(pid, number)) === 0).length;
}

/**
 * Waits for a child, or with WNOHANG asks.
 *
 * @param pid which child, -1 for any
 * @param flags 0 or WNOHANG
 * @returns the child's pid, with its wait status in `$?`; 0 when none has ended yet, -1 when there is none
 */
export function waitpid(pid: number, flags: number): number {
  const status: [number] = [0];
  const child = set_errno(libc().waitpid(pid, status, flags));
  $['?'] = status[0];
  return child;
}

/**
 * Sleeps until a signal's handler has run, or for some seconds.
 *
 * Waiting begins with the call itself, so no signal falls between a test before it and the sleep. Signal watchers
 * alone do not keep Node's event loop alive; the timer does. In a confined child, which has no event loop and no
 * handlers, the process simply stands still.
 *
 * @param seconds how long at most; left out, for ever
 * @returns how many seconds it slept, as in Perl
 */
export async function sleep(seconds = 2 ** 31 / 1000 - 1): Promise<number> {
  const begin = performance.now();
  if (!has_event_loop) {
    usleep(1e6 * seconds);
    return Math.round((performance.now() - begin) / 1000);
  }
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([next_signal(), new Promise((resolve) => { timer = setTimeout(resolve, 1000 * seconds); })]);
  clearTimeout(timer);
  return Math.round((performance.now() - begin) / 1000);
}

/**
 * @param path the new root directory
 * @returns whether that worked; `$!` says why not
 */
export function chroot(path: string): boolean {
  refuse_tainted('chroot', path);
  return set_errno(libc().chroot(path)) === 0;
}

/**
 * @param path the new working directory
 * @returns whether that worked; `$!` says why not
 */
export function chdir(path: string): boolean {
  refuse_tainted('chdir', path);
  return set_errno(libc().chdir(path)) === 0;
}

/**
 * @param name a user's name
 * @returns the uid, or undefined
 */
export function getpwnam(name: string): number | undefined {
  refuse_tainted('getpwnam', name);
  const entry = libc().getpwnam(name);
  return entry === null ? undefined : passwd(entry).pw_uid;
}

/**
 * @param name a group's name
 * @returns the gid, or undefined
 */
export function getgrnam(name: string): number | undefined {
  refuse_tainted('getgrnam', name);
  const entry = libc().getgrnam(name);
  return entry === null ? undefined : group(entry).gr_gid;
}

/**
 * `getgrgid((getpwnam NAME)[3])`: the group that a user has of its own.
 *
 * @param user the user's name
 * @returns the group's name; undefined where there is no such user, or the group has no name
 */
export function own_group(user: string): string | undefined {
  refuse_tainted('getpwnam', user);
  const { getpwnam, getgrgid } = libc();
  const entry = getpwnam(user);
  const own = entry === null ? null : getgrgid(passwd(entry).pw_gid);
  return own === null ? undefined : group(own).gr_name;
}

/**
 * `local ($<, $>) = …`: other uids for the length of a block.
 *
 * @param real the real uid in the block
 * @param effective the effective uid in the block
 * @param block what runs under them; what was before comes back when it ends, however it ends
 * @returns what the block returns
 */
export function local_uids<T>(real: number, effective: number, block: () => T): T {
  const [outer_real, outer_effective] = [$['<'], $['>']];
  $.set_uids(real, effective);
  try {
    return block();
  } finally {
    $.set_uids(outer_real, outer_effective);
  }
}

/**
 * `open` on a standard handle, which keeps its descriptor: `open(STDIN, '<', '/dev/null')`.
 *
 * @param handle the handle to open again
 * @param mode `<` or `>` a file, `>&` another handle's descriptor
 * @param target the path or the handle
 * @returns whether that worked; `$!` says why not
 */
export function open(handle: { fd: number }, mode: '<' | '>', target: string): boolean;
export function open(handle: { fd: number }, mode: '>&', target: { fd: number }): boolean;
export function open(handle: { fd: number }, mode: string, target: string | { fd: number }): boolean {
  refuse_tainted('open', target);
  const { dup2, close } = libc();
  if (typeof target === 'object') return set_errno(dup2(target.fd, handle.fd)) !== -1;
  return attempt(() => {
    const fd = openSync(target, mode === '<' ? 'r' : 'w');
    dup2(fd, handle.fd);
    close(fd);
  });
}
