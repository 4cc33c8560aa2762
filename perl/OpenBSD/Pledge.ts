/**
 * OpenBSD::Pledge: a promise to the kernel, which it enforces: from here on, nothing but input and output.
 *
 * On OpenBSD this is one system call. On Linux it takes three things: resource limits, closed descriptors, and a
 * seccomp filter that kills the process at the first call which a talking child does not need. Whoever takes over such
 * a child, by a fault in Node or in the bot, can talk to its client, tell the daemon lines for the log, and nothing else.
 *
 * @module
 */
import { constants } from 'node:os';
import { C, libc } from '../libc.ts';
import { filter, type Filter, install, number_of, type Rule } from '../Linux/Seccomp.ts';
import { die } from '../perlfunc.ts';
import { end_event_loop } from '../perlipc.ts';
import { $, set_errno } from '../perlvar.ts';

/** What V8, libuv and the C library call while a program reads, writes and computes, and at its end. */
const stdio: Rule['call'][] = [
  'read', 'write', 'readv', 'writev', 'lseek', 'fstat', 'ppoll', 'setsockopt', // input, output
  'mmap', 'mprotect', 'pkey_mprotect', 'munmap', 'mremap', 'madvise', 'brk', // memory
  'futex', 'membarrier', 'rseq', 'sched_yield', 'sched_getaffinity', 'getrandom', 'sysinfo', 'getrusage', 'prctl',
  'clock_gettime', 'clock_getres', 'clock_nanosleep', 'gettimeofday', 'nanosleep', // time
  'getpid', 'gettid', 'getuid', 'geteuid', 'getgid', 'getegid', // who am I
  'rt_sigaction', 'rt_sigprocmask', 'rt_sigreturn', 'sigaltstack', 'restart_syscall', // signals to oneself
  'close', 'close_range', 'fcntl', 'exit', 'exit_group',
];

const CPU = 60; // seconds; a conversation of two hours takes less than one

let log = -1;
let made: Filter | undefined; // made in the parent, inherited by its children

/**
 * Exempts a descriptor from {@link pledge}: the child's end of the log's socket pair, see Sys/Syslog.ts.
 *
 * @param fd the descriptor
 */
export function keep_open(fd: number): void {
  log = fd;
  made = filter_for(fd);
}

/**
 * The filter of a child that may send on one descriptor above 2, without waiting. The garbage collector now and then tells
 * libuv of a task, by a write to a descriptor that pledge has closed. At EBADF libuv would abort the process; at EAGAIN it
 * goes on, and the task is never done, since pledge has ended the event loop.
 */
function filter_for(kept: number): Filter {
  const flags = C.MSG_DONTWAIT | C.MSG_NOSIGNAL;
  const lines: Rule[] = kept === -1 ? [] : [{ call: 'sendto', when: [[0, '==', kept], [3, '==', flags]], answer: 'allow' }];
  const mute: Rule = { call: 'write', when: [[0, '>', 2]], answer: constants.errno.EAGAIN };
  const rules = [...lines, mute, ...stdio.map((call): Rule => ({ call, answer: 'allow' }))];
  return filter(rules, 'kill');
}

/**
 * Promises to do nothing from here on but read, write, compute and exit. Descriptors above 2 are closed, but for the
 * one to the log. Node's event loop ends with it.
 *
 * @param _promises what is still wanted
 * @throws PerlDie where the kernel does not take the promise
 */
export function pledge(_promises: 'stdio'): void {
  const { setrlimit } = libc();
  const limit = (resource: number, value: number): void => {
    setrlimit(resource, { rlim_cur: value, rlim_max: value });
  };
  limit(C.RLIMIT_CPU, CPU);
  limit(C.RLIMIT_CORE, 0);
  limit(C.RLIMIT_NPROC, 0);
  limit(C.RLIMIT_NOFILE, 64);
  limit(C.RLIMIT_FSIZE, 0);

  if (!install(made ??= filter_for(log))) die(`Can't confine the conversation: ${$['!']}\n`);
  closefrom(3, log);
  end_event_loop();
}

/** Closes every descriptor from one on but one, as BSD's closefrom(2) does. */
function closefrom(first: number, except: number): void {
  const close = (low: number, high: number): void => {
    if (low > high || set_errno(libc().syscall(number_of('close_range'), low, high, 0)) === 0) return; // since Linux 5.9
    for (let fd = low; fd <= Math.min(high, 65535); fd++) libc().close(fd);
  };
  close(first, except < first ? 2 ** 31 - 1 : except - 1);
  if (except >= first) close(except + 1, 2 ** 31 - 1);
}
