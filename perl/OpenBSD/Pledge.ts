/**
 * OpenBSD::Pledge: a promise to the kernel, which it enforces: from here on, nothing but input and output.
 *
 * On OpenBSD this is one system call. On Linux it takes four things: resource limits, closed descriptors, memory in which
 * no code can be made, and a seccomp filter that kills the process at the first call, or the first argument, which a
 * talking child does not need. Whoever takes over such a child, by a fault in Node or in the bot, can talk to its client,
 * tell the daemon lines for its log, and nothing else.
 *
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs';
import { C, libc } from '../libc.ts';
import { type Call, type Condition, filter, type Filter, install, number_of, type Rule } from '../Linux/Seccomp.ts';
import { die } from '../perlfunc.ts';
import { end_event_loop } from '../perlipc.ts';
import { $, set_errno } from '../perlvar.ts';

const READ_WRITE = C.PROT_READ | C.PROT_WRITE;
const CLOCKS = [0, 1, 2, 3, 4, 5, 6, 7]; // the machine's and its own; other processes' have numbers below 0
const PRIVATE = C.MAP_PRIVATE | C.MAP_ANONYMOUS | C.MAP_FIXED | C.MAP_NORESERVE | C.MAP_STACK
  | C.MAP_DROPPABLE; // as glibc's getrandom has it since 2.41

/**
 * What V8, libuv and the C library call while a program reads, writes and computes, and at its end. Of what a child could
 * do with its descriptors, only input and output: no fcntl, no ioctl, since through an owner or a flag they reach other
 * processes. No signals to anybody.
 */
const stdio: Partial<Record<Call, readonly Condition[]>> = {
  // input and output: nothing but the client, the log and an event descriptor of its own is open
  read: [], write: [], writev: [], close: [],
  shutdown: [[0, 'in', [1]], [1, 'in', [C.SHUT_WR]]], // `exit` ends the client's connection before it closes it
  setsockopt: [[0, 'in', [0, 1, 2]], [1, 'in', [C.SOL_SOCKET]], [2, 'in', [C.SO_RCVTIMEO, C.SO_SNDTIMEO]]],
  // memory: private, and never code
  mmap: [[2, 'within', READ_WRITE], [3, 'within', PRIVATE]],
  mprotect: [[2, 'within', READ_WRITE]], pkey_mprotect: [[2, 'within', READ_WRITE]],
  munmap: [], mremap: [[3, 'within', C.MREMAP_MAYMOVE]], brk: [],
  madvise: [[2, 'in', [C.MADV_DONTNEED, C.MADV_FREE, C.MADV_DONTFORK]]],
  prctl: [[0, 'in', [C.PR_SET_VMA]], [1, 'within', 0]], // to name a piece of memory
  // waiting, for itself and for time to pass
  futex: [[1, 'in', [C.FUTEX_WAIT, C.FUTEX_WAKE, C.FUTEX_WAIT_BITSET, C.FUTEX_WAIT_BITSET | C.FUTEX_CLOCK_REALTIME]]],
  sched_yield: [], nanosleep: [], clock_nanosleep: [[0, 'in', CLOCKS]], restart_syscall: [],
  // what time is it, who am I
  clock_gettime: [[0, 'in', CLOCKS]], clock_getres: [[0, 'in', CLOCKS]], gettimeofday: [],
  getpid: [], gettid: [], getuid: [], geteuid: [], getgid: [], getegid: [],
  getrandom: [], getrusage: [], sysinfo: [],
  // its own signals
  rt_sigaction: [], rt_sigprocmask: [], rt_sigreturn: [], sigaltstack: [],
  exit: [], exit_group: [],
};

/**
 * How a line goes to the daemon: without waiting, and to no address.
 *
 * @param log the child's end of the log's socket pair
 */
const to_log = (log: number): Rule => ({
  call: 'sendto', when: [[0, 'in', [log]], [3, 'in', [C.MSG_DONTWAIT | C.MSG_NOSIGNAL]], [4, 'within', 0]], answer: 'allow',
});

/**
 * The rules for a child; what they do not name kills it.
 *
 * @param log the log's descriptor, -1 for none
 * @returns the rules
 */
export function rules(log: number): Rule[] {
  const all = Object.entries(stdio) as [Call, readonly Condition[]][];
  return [...all.map(([call, when]): Rule => ({ call, when, answer: 'allow' })), ...log === -1 ? [] : [to_log(log)]];
}

const CPU = 60; // seconds; a conversation of two hours takes less than one
const DATA = 2 ** 28; // bytes of memory beyond what the parent has; a conversation takes one or two millions

/** What is known of a process before it is confined. */
interface Known {
  /** The filter, which knows the log's descriptor. */
  filter: Filter;
  /** The highest number of a descriptor. */
  last: number;
  /** Memory that can be both written and executed, and what is to become of it. */
  code: { start: number; length: number; protection: number }[];
  /** The bytes that count for RLIMIT_DATA. */
  data: number;
}

let log = -1;
let known: Known | undefined; // by the parent, so that its children need not look

/**
 * Exempts a descriptor from {@link pledge}: the child's end of the log's socket pair, see Sys/Syslog.ts. Looks at the
 * process, too: what a child is to be told must be known before it loses sight of /proc.
 *
 * @param fd the descriptor
 */
export function keep_open(fd: number): void {
  log = fd;
  known = look(log);
}

/** Looks at this process, whose children are to have that log. */
function look(log: number): Known {
  const maps = readFileSync('/proc/self/smaps', 'latin1').matchAll(/^(\w+)-(\w+) .wxp .*\n(?:\w+:.*\n)*?Rss: +(\d+) kB$/gm);
  const code = [...maps].map(([, from = '', to = '', used]) => {
    const start = Number.parseInt(from, 16);
    const protection = used === '0' ? C.PROT_NONE : READ_WRITE; // what V8 has written there its collections will read
    return { start, length: Number.parseInt(to, 16) - start, protection };
  });
  const [, data] = /^VmData:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? [];
  const unused = code.filter(({ protection }) => protection === C.PROT_NONE).reduce((sum, { length }) => sum + length, 0);
  return {
    filter: filter(rules(log), 'kill'),
    last: Math.max(...readdirSync('/proc/self/fd').map(Number)),
    code,
    data: 1024 * Number(data) - unused,
  };
}

/**
 * Promises to do nothing from here on but read, write, compute and exit. Descriptors above 2 are closed, but for the
 * one to the log. Node's event loop ends with it.
 *
 * @param _promises what is still wanted
 * @throws PerlDie where the kernel does not take the promise
 */
export function pledge(_promises: 'stdio'): void {
  const { code, data, filter, last } = known ??= look(log);
  disconnect(last, log);
  for (const { start, length, protection } of code) or_die(libc().mprotect(start, length, protection));

  const limit = (resource: number, value: number, hard = value): void => {
    libc().setrlimit(resource, { rlim_cur: value, rlim_max: hard }); // fails where a limit is lower already
  };
  limit(C.RLIMIT_CPU, CPU, CPU + 1); // SIGXCPU, which the log can tell from others; KILL for whoever ignores it
  limit(C.RLIMIT_DATA, data + DATA);
  limit(C.RLIMIT_CORE, 0);
  limit(C.RLIMIT_NPROC, 0);
  limit(C.RLIMIT_NOFILE, 64);
  limit(C.RLIMIT_FSIZE, 0);
  or_die(install(filter) ? 0 : -1);
  end_event_loop();
}

/** A promise that is kept in part is none. */
function or_die(result: number): number {
  return set_errno(result) === -1 ? die(`Can't confine the conversation: ${$['!']}\n`) : result;
}

/**
 * Takes every descriptor from the child but the first three and the log's. Behind the numbers that its parent had there is
 * an event descriptor of the child's own from here on: V8 now and then tells libuv of a task, mostly when it collects
 * garbage, and libuv, which writes that to an event descriptor and would abort were it closed, finds one. Nobody reads it.
 */
function disconnect(last: number, log: number): void {
  const { dup2, eventfd } = libc();
  const event = or_die(eventfd(0, C.EFD_NONBLOCK));
  for (let fd = 3; fd <= last; fd++) if (fd !== log) or_die(dup2(event, fd));
  closefrom(last + 1, log);
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
