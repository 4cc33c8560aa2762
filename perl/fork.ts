/**
 * fork: a real fork(2) of the running Node, which Node itself does not have.
 *
 * Four things make it work. V8 marks its heap with madvise(MADV_DONTFORK), so a forked child would wake without one:
 * a seccomp filter makes the kernel skip that advice ({@link prepare}). More than one V8 worker asleep at the fork
 * can hang the child's first garbage collection: two flags leave one worker. Both must be there before node starts,
 * so the program executes itself once more. In the child, libuv's own uv_loop_fork gives it an event loop apart from
 * its parent's, and no way may lead back into Node's exit, which joins threads that the child does not have: exit
 * and die end in _exit(2).
 *
 * @module
 */
import { readdirSync } from 'node:fs';
import { address_of, libc } from './libc.ts';
import { forget_pending } from './perlipc.ts';
import { die, exec, exit } from './perlfunc.ts';
import { $, note } from './perlvar.ts';

const DONTFORK = 10;
const flags = ['--single-threaded', '--v8-pool-size=1'];

/**
 * Forks the process.
 *
 * @returns the child's pid in the parent, 0 in the child, undefined when it failed, with `$!` set
 */
export function fork(): number | undefined {
  const { fork, uv_loop_fork, uv_default_loop } = libc();
  const pid = note(fork());
  if (pid === -1) return undefined;
  if (pid === 0) {
    uv_loop_fork(uv_default_loop());
    forget_pending();
    Object.defineProperty(process, 'pid', { value: $['$'], configurable: true, enumerable: true });
  }
  return pid;
}

/**
 * Asks the kernel whether MADV_DONTFORK is skipped. The address is unaligned on purpose: a bare kernel refuses it.
 *
 * @returns whether this process can fork
 */
function skipped(): boolean {
  return libc().madvise(1, 0, DONTFORK) === 0;
}

/**
 * The filter, in seccomp's classic BPF: madvise(…, …, MADV_DONTFORK) answers 0 and does nothing; all else is allowed.
 * It looks at the architecture first, since the number of a system call means nothing without it.
 */
function filter(): Buffer {
  const architecture = { x64: [0xc000003e, 28], arm64: [0xc00000b7, 233] }[process.arch as string];
  if (!architecture) die(`fork: not known on ${process.arch}: it takes Linux on x64 or arm64\n`);
  const [audit = 0, madvise = 0] = architecture;
  const [load, equal, ret] = [0x20, 0x15, 0x06];
  const [nr, arch, advice] = [0, 4, 32]; // offsets in struct seccomp_data; arguments are 8 bytes from 16 on
  const [skip, allow] = [0x00050000, 0x7fff0000]; // SECCOMP_RET_ERRNO with errno 0, SECCOMP_RET_ALLOW
  const program = [
    [load, 0, 0, arch],
    [equal, 0, 5, audit],
    [load, 0, 0, nr],
    [equal, 0, 3, madvise],
    [load, 0, 0, advice],
    [equal, 0, 1, DONTFORK],
    [ret, 0, 0, skip],
    [ret, 0, 0, allow],
  ] as const;
  const code = Buffer.alloc(8 * program.length);
  program.forEach(([op, yes, no, k], i) => {
    code.writeUInt16LE(op, 8 * i);
    code.writeUInt8(yes, 8 * i + 2);
    code.writeUInt8(no, 8 * i + 3);
    code.writeUInt32LE(k, 8 * i + 4);
  });
  return code;
}

function install(): void {
  const code = filter();
  const sock_fprog = Buffer.alloc(16);
  sock_fprog.writeUInt16LE(code.length / 8, 0);
  sock_fprog.writeBigUInt64LE(address_of(code), 8);
  const { prctl } = libc();
  const [NO_NEW_PRIVS, SECCOMP, MODE_FILTER] = [38, 22, 2];
  if (note(prctl(NO_NEW_PRIVS, 1, null, 0, 0)) === -1 || note(prctl(SECCOMP, MODE_FILTER, sock_fprog, 0, 0)) === -1) {
    die(`Can't fork here: the kernel refused the seccomp filter that fork needs: ${$['!']}\n`);
  }
  if (!skipped()) die("Can't fork here: the seccomp filter that fork needs has no effect\n");
}

/**
 * Makes fork possible: unless this process has the filter and the flags, which it finds out by looking, it installs
 * the filter and executes itself once more, keeping its own flags, arguments and environment.
 *
 * @throws PerlDie where the kernel refuses the filter
 */
export function prepare(): void {
  Object.assign(process, { reallyExit: exit }); // where process.exit ends
  const ready = skipped();
  if (ready && flags.every((flag) => process.execArgv.includes(flag))) return;
  if (!ready) install();
  close_on_exec();
  exec(process.execPath, ...flags, ...process.execArgv.filter((flag) => !flags.includes(flag)), ...process.argv.slice(1));
  die(`Can't execute ${process.execPath} again: ${$['!']}\n`);
}

/** Descriptors that came from whoever started us reach neither the daemon nor its children. */
function close_on_exec(): void {
  const { fcntl } = libc();
  for (const fd of readdirSync('/proc/self/fd').map(Number)) {
    if (fd > 2) fcntl(fd, 2, 1); // F_SETFD, FD_CLOEXEC
  }
}
