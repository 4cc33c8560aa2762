/**
 * Linux::Seccomp, named after the CPAN module: rules for the kernel on what to answer to a system call.
 *
 * A filter holds for the process, for what it executes and for what it forks, and cannot be taken away again.
 *
 * @module
 */
import { C, type Instruction, libc, sock_fprog } from '../libc.ts';
import { set_errno } from '../perlvar.ts';

/** The numbers of the system calls that rules can name, and the word by which the kernel knows the architecture. */
const x64 = {
  arch: 0xc000003e, brk: 12, clock_getres: 229, clock_gettime: 228, clock_nanosleep: 230, close: 3, close_range: 436,
  exit: 60, exit_group: 231, fcntl: 72, fstat: 5, futex: 202, getegid: 108, geteuid: 107, getgid: 104, getpid: 39,
  getrandom: 318, getrusage: 98, gettid: 186, gettimeofday: 96, getuid: 102, lseek: 8, madvise: 28, membarrier: 324,
  mmap: 9, mprotect: 10, mremap: 25, munmap: 11, nanosleep: 35, pkey_mprotect: 329, ppoll: 271, prctl: 157, read: 0,
  readv: 19, restart_syscall: 219, rseq: 334, rt_sigaction: 13, rt_sigprocmask: 14, rt_sigreturn: 15,
  sched_getaffinity: 204, sched_yield: 24, sendto: 44, setsockopt: 54, shutdown: 48, sigaltstack: 131,
  sysinfo: 99, write: 1, writev: 20,
};

const arm64: Record<keyof typeof x64, number> = {
  arch: 0xc00000b7, brk: 214, clock_getres: 114, clock_gettime: 113, clock_nanosleep: 115, close: 57, close_range: 436,
  exit: 93, exit_group: 94, fcntl: 25, fstat: 80, futex: 98, getegid: 177, geteuid: 175, getgid: 176, getpid: 172,
  getrandom: 278, getrusage: 165, gettid: 178, gettimeofday: 169, getuid: 174, lseek: 62, madvise: 233, membarrier: 283,
  mmap: 222, mprotect: 226, mremap: 216, munmap: 215, nanosleep: 101, pkey_mprotect: 288, ppoll: 73, prctl: 167, read: 63,
  readv: 65, restart_syscall: 128, rseq: 293, rt_sigaction: 134, rt_sigprocmask: 135, rt_sigreturn: 139,
  sched_getaffinity: 123, sched_yield: 124, sendto: 206, setsockopt: 208, shutdown: 210, sigaltstack: 132,
  sysinfo: 179, write: 64, writev: 66,
};

const calls = { x64, arm64 };

/** What the kernel does at a call: `allow` it, `kill` the process, or make it seem to fail with an errno; at 0 to succeed. */
export type Answer = 'allow' | 'kill' | number;

/** One rule: the first whose call and argument fit is the one that counts. */
export interface Rule {
  /** The system call that it is about. */
  call: Exclude<keyof typeof x64, 'arch'>;
  /** Which arguments, from 0, must compare how with what; their low 32 bits count. */
  when?: [argument: number, test: '==' | '>', value: number][];
  /** What the kernel does. */
  answer: Answer;
}

/** Whether filters can be made for this machine. */
export const known = process.arch in calls;

/**
 * The kernel's number of a system call on this machine.
 *
 * @param call its name; `arch` for the word by which the kernel knows the architecture
 * @returns the number, where this machine is {@link known}
 */
export function number_of(call: keyof typeof x64): number {
  return calls[process.arch as keyof typeof calls][call];
}

const [LOAD, EQUAL, GREATER, RETURN] = [0x20, 0x15, 0x25, 0x06];
const [nr, arch] = [0, 4]; // offsets in struct seccomp_data; the arguments, 8 bytes each, begin at 16

/** What a filter does in one step: what, how many steps to pass over if so, how many if not, and a number. */
type Step = [code: number, jt: number, jf: number, k: number];

function returns(answer: Answer): Step {
  const [ALLOW, ERRNO, KILL_PROCESS] = [0x7fff0000, 0x00050000, 0x80000000];
  return [RETURN, 0, 0, answer === 'allow' ? ALLOW : answer === 'kill' ? KILL_PROCESS : ERRNO | answer];
}

/** Rules as classic BPF. The architecture comes first, since without it the number of a call means nothing. */
function compile(rules: Rule[], otherwise: Answer): Step[] {
  const program = rules.flatMap(({ call, when, answer }): Step[] => {
    if (!when) return [[EQUAL, 0, 1, number_of(call)], returns(answer)];
    const conditions = when.flatMap(([argument, test, value], i): Step[] => {
      const rest = 2 * (when.length - i) - 1; // how far it is to the end of this rule
      return [[LOAD, 0, 0, 16 + 8 * argument], [test === '==' ? EQUAL : GREATER, 0, rest, value]];
    });
    return [[EQUAL, 0, conditions.length + 2, number_of(call)], ...conditions, returns(answer), [LOAD, 0, 0, nr]];
  });
  const foreign = returns(otherwise === 'allow' ? 'allow' : 'kill');
  return [[LOAD, 0, 0, arch], [EQUAL, 1, 0, number_of('arch')], foreign, [LOAD, 0, 0, nr], ...program, returns(otherwise)];
}

/** A filter as the kernel takes it: C's `struct sock_fprog`, and the program that it points to. */
export interface Filter {
  /** The struct. */
  readonly sock_fprog: Buffer;
  /** The program. */
  readonly code: Buffer;
}

/**
 * Makes a filter.
 *
 * @param rules the rules, in order
 * @param otherwise the answer to calls that no rule names
 * @returns what {@link install} takes, as often as it is wanted
 */
export function filter(rules: Rule[], otherwise: Answer): Filter {
  return sock_fprog(compile(rules, otherwise).map(([code, jt, jf, k]): Instruction => ({ code, jt, jf, k })));
}

/**
 * Lays a filter over this process.
 *
 * @param filter the filter
 * @returns whether the kernel took it; `$!` says why not
 */
export function install({ sock_fprog }: Filter): boolean {
  const { prctl } = libc();
  return set_errno(prctl(C.PR_SET_NO_NEW_PRIVS, 1, null, 0, 0)) === 0
    && set_errno(prctl(C.PR_SET_SECCOMP, C.SECCOMP_MODE_FILTER, sock_fprog, 0, 0)) === 0;
}
