/**
 * perlfunc: Perl's built-in functions about processes and messages: die, warn, exit, exec, kill, waitpid, sleep …
 * fork has a file of its own.
 *
 * @module
 */
import { openSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { caller } from './Carp.ts';
import { id_of, libc } from './libc.ts';
import { interruption, SIG, signo, type Signal } from './perlipc.ts';
import { run_END } from './perlmod.ts';
import { break_off } from './rehearsal.ts';
import { secure, Tainted, type Text } from './perlsec.ts';
import { $, note } from './perlvar.ts';
import { with_listen_fds } from './Systemd/Daemon.ts';

/** What `die` throws; the message ends in a newline, as it will be printed. */
export class PerlDie extends Error {
  /** For stack traces. */
  override name = 'PerlDie';
}

const nowhere = 'x'; // stands in where nothing called: never printed

function located(list: Text[], otherwise: string): string {
  const text = list.map((part) => Tainted.show(part)).join('') || otherwise;
  if (text.endsWith('\n')) return text;
  const here = caller()[0];
  return `${text} at ${here?.file ?? nowhere} line ${here?.line ?? 0}.\n`;
}

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
    // STDERR is gone: there is nobody left to tell
  }
}

/**
 * The last words of a process whose error nobody caught; exits with Perl's status.
 *
 * @param error what was thrown
 */
export function die_uncaught(error: unknown): never {
  break_off();
  let message: string;
  if (error instanceof PerlDie) {
    message = error.message;
  } else {
    const said = error instanceof Error ? error.message : '';
    message = said.endsWith('\n') ? said : `${error instanceof Error ? (error.stack ?? said) : String(error)}\n`;
    try {
      hook('__DIE__', message);
    } catch {
      // log_die dies in its turn, with the same message
    }
  }
  // With a hook the message is in the log; in a child STDERR is the client's, who has no use for it.
  if (!SIG.__DIE__) print_error(message);
  exit($.errno & 255 || 255);
}

/**
 * Runs the END blocks and ends the process by _exit(2), never by Node's own way out: that joins threads which a
 * forked process does not have.
 *
 * @param status 0 to 255
 */
export function exit(status = 0): never {
  run_END((error) => {
    status = 255;
    print_error(error instanceof Error ? error.message : String(error));
  });
  const { close, _exit } = libc();
  for (const fd of [0, 1, 2]) close(fd); // a client need not wait until the kernel has cleared the memory away
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
  secure('exec', program, ...args);
  const { fcntl, execvp } = libc();
  for (const fd of [0, 1, 2]) fcntl(fd, 2, 0); // F_SETFD: Node has marked them close-on-exec
  with_listen_fds(() => { note(execvp(program, [program, ...args, null])); });
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
  secure('kill', ...pids);
  const number = signal === 0 ? 0 : signal === 'KILL' || signal === 'STOP' ? constants.signals[`SIG${signal}`] : signo(signal);
  return pids.filter((pid) => note(libc().kill(pid, number)) === 0).length;
}

/**
 * Waits for a child, or with WNOHANG asks.
 *
 * @param pid which child, -1 for any
 * @param flags 0 or WNOHANG
 * @returns the child's pid and its wait status (`$?`); pid 0 when none has ended yet, -1 when there is none
 */
export function waitpid(pid: number, flags: number): [pid: number, status: number] {
  const status: [number] = [0];
  return [note(libc().waitpid(pid, status, flags)), status[0]];
}

/**
 * Sleeps until a signal's handler has run: Perl's `sleep` without a number.
 *
 * Waiting begins with the call itself, so no signal falls between a test before it and the sleep. Signal watchers
 * alone do not keep Node's event loop alive; the timer does.
 */
export async function sleep(): Promise<void> {
  const alive = setInterval(() => undefined, 2 ** 31 - 1);
  await interruption();
  clearInterval(alive);
}

/**
 * @param path the new root directory
 * @returns whether that worked; `$!` says why not
 */
export function chroot(path: string): boolean {
  secure('chroot', path);
  return note(libc().chroot(path)) === 0;
}

/**
 * @param path the new working directory
 * @returns whether that worked; `$!` says why not
 */
export function chdir(path: string): boolean {
  secure('chdir', path);
  return note(libc().chdir(path)) === 0;
}

/**
 * Does what Node reports by an exception, and reports it by `$!`.
 *
 * @param action the call
 * @returns whether it succeeded
 */
export function attempt(action: () => void): boolean {
  try {
    action();
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'errno' in error && typeof error.errno === 'number')) throw error;
    $['!'] = -error.errno;
    return false;
  }
}

/**
 * @param name a user's name
 * @returns the uid, or undefined
 */
export function getpwnam(name: string): number | undefined {
  secure('getpwnam', name);
  const entry = libc().getpwnam(name);
  return entry === null ? undefined : id_of(entry, 0);
}

/**
 * @param name a group's name
 * @returns the gid, or undefined
 */
export function getgrnam(name: string): number | undefined {
  secure('getgrnam', name);
  const entry = libc().getgrnam(name);
  return entry === null ? undefined : id_of(entry, 0);
}

/**
 * `local ($<, $>) = …`: other uids for the length of a block.
 *
 * @param real the real uid in the block
 * @param effective the effective uid in the block
 * @param block what runs under them; what was before comes back when it ends, however it ends
 */
export function local_uids(real: number, effective: number, block: () => void): void {
  const [outer_real, outer_effective] = [$['<'], $['>']];
  $.set_uids(real, effective);
  try {
    block();
  } finally {
    $.set_uids(outer_real, outer_effective);
  }
}

/**
 * `open` on a standard handle, which keeps its descriptor: `open(STDIN, '<', '/dev/null')`.
 *
 * @param handle the handle to open anew
 * @param mode `<` or `>` a file, `>&` another handle's descriptor
 * @param target the path or the handle
 * @returns whether that worked; `$!` says why not
 */
export function open(handle: { fd: number }, mode: '<' | '>', target: string): boolean;
export function open(handle: { fd: number }, mode: '>&', target: { fd: number }): boolean;
export function open(handle: { fd: number }, mode: string, target: string | { fd: number }): boolean {
  secure('open', target);
  const { dup2, close } = libc();
  if (typeof target === 'object') return note(dup2(target.fd, handle.fd)) !== -1;
  return attempt(() => {
    const fd = openSync(target, mode === '<' ? 'r' : 'w');
    dup2(fd, handle.fd);
    close(fd);
  });
}
