/**
 * fork: a real fork(2) of the running Node, which Node itself does not have.
 *
 * Four things make it work. V8 marks its heap with madvise(MADV_DONTFORK), so a forked child would begin without one:
 * a seccomp filter makes the kernel skip that advice ({@link prepare}). More than one V8 worker asleep at the fork
 * can hang the child's first garbage collection: two flags leave one worker. Both must be there before node starts,
 * so the program executes itself once more. In the child, libuv's own uv_loop_fork gives it an event loop apart from
 * its parent's, and no way may lead back into Node's exit, which joins threads that the child does not have: exit
 * and die end in _exit(2).
 *
 * @module
 */
import { readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { C, libc } from './libc.ts';
import { code_to_large_pages } from './Linux/LargePages.ts';
import { filter, install, type Rule } from './Linux/Seccomp.ts';
import { plain } from './Linux/Warmup.ts';
import { forget_pending, ignore_strays, ignored, signo } from './perlipc.ts';
import { die, exec, exit } from './perlfunc.ts';
import { $, set_errno } from './perlvar.ts';
import { listen_fds } from './Systemd/Daemon.ts';

/** madvise(…, …, MADV_DONTFORK) does nothing, and says it has. */
const skip_dontfork: Rule = { call: 'madvise', when: [[2, 'in', [C.MADV_DONTFORK]]], answer: 0 };

/**
 * There is no io_uring, as in many containers. libuv would lay its rings into memory that a child shares with its parent
 * and may write to: what a child asked for in there would be done in the parent's name.
 */
const no_io_uring: Rule = { call: 'io_uring_setup', answer: constants.errno.ENOSYS };

/**
 * For some signals sigaction(…, …, NULL) does nothing: that is how a starting Node sets every signal to its default, and
 * USR1 to its debugger. So what is ignored at an exec stays ignored until the program has a handler for it: the second of
 * two HUPs would otherwise end a program that is not ready for it, and USR1 would open the debugger to whoever is on the
 * machine. See `dispose` in perlipc.ts for how a handler is set in spite of it.
 */
const keep_ignored = ['HUP' as const, ...ignored].map((signal): Rule => (
  { call: 'rt_sigaction', when: [[0, 'in', [signo(signal)]], [2, 'within', 0]], answer: 0 }));

/** Node's switches that the program cannot do without. */
const needed = [
  '--single-threaded', '--v8-pool-size=1',
  // For the children: no code is made while the program runs, not even for a pattern, nor is V8's own copied, so none need
  // be allowed. And for fork, which pays for each page that the parent has written.
  '--no-opt', '--no-maglev', '--no-sparkplug', '--regexp-interpret-all', '--no-short-builtin-calls',
];

/** Node's switches, which the program gives itself. */
export const flags = [
  ...needed,
  // For the children: what they call is compiled in the parent when it is loaded, and stays compiled.
  '--no-lazy', '--no-flush-bytecode',
  // For fork: a small nursery.
  '--max-semi-space-size=1',
];

/**
 * Forks the process.
 *
 * @returns the child's pid in the parent, 0 in the child, undefined when it failed, with `$!` set
 */
export function fork(): number | undefined {
  const { fork, uv_loop_fork, uv_default_loop } = libc();
  const pid = set_errno(fork());
  if (pid === -1) return undefined;
  if (pid === 0) {
    uv_loop_fork(uv_default_loop());
    forget_pending();
  }
  return pid;
}

/**
 * Asks the kernel whether MADV_DONTFORK is skipped. The address is unaligned on purpose: a bare kernel refuses it.
 *
 * @returns whether this process can fork
 */
function skipped(): boolean {
  return libc().madvise(1, 0, C.MADV_DONTFORK) === 0;
}

/**
 * Makes fork possible: unless this process has the filter and the flags, which it finds out by looking, it installs
 * the filter and executes itself once more, keeping its own flags, arguments and environment.
 *
 * @throws PerlDie where the kernel refuses the filter
 */
export function prepare(): void {
  Object.assign(process, { reallyExit: exit }); // where process.exit ends
  Object.defineProperty(process, 'pid', { get: () => $['$'], enumerable: true }); // Node knows it from its start
  ignore_strays();
  const ready = skipped();
  const wanted = plain ? needed : flags;
  if (ready && wanted.every((flag) => process.execArgv.includes(flag))) {
    if (!plain) code_to_large_pages();
    return;
  }
  if (!ready && !install(filter([skip_dontfork, no_io_uring, ...keep_ignored], 'allow'))) {
    die(`Can't fork here: the kernel refused the seccomp filter that fork needs: ${$['!']}\n`);
  }
  if (!skipped()) die("Can't fork here: the seccomp filter that fork needs has no effect\n");
  close_on_exec();
  exec(process.execPath, ...wanted, ...process.execArgv.filter((flag) => !flags.includes(flag)), ...process.argv.slice(1));
  die(`Can't execute ${process.execPath} again: ${$['!']}\n`);
}

/** Descriptors inherited from the starter's process reach neither the daemon nor its children. */
function close_on_exec(): void {
  const { fcntl } = libc();
  const ours = listen_fds(); // a service manager's gift to the program, which has not seen it yet
  for (const fd of readdirSync('/proc/self/fd').map(Number)) {
    if (fd > 2) fcntl(fd, C.F_SETFD, ours.includes(fd) ? 0 : C.FD_CLOEXEC);
  }
}
