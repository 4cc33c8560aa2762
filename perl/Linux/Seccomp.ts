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
  exit: 60, exit_group: 231, futex: 202, getegid: 108, geteuid: 107, getgid: 104, getpid: 39, getrandom: 318, getrusage: 98,
  gettid: 186, gettimeofday: 96, getuid: 102, io_uring_setup: 425, madvise: 28, mmap: 9, mprotect: 10, mremap: 25, munmap: 11,
  nanosleep: 35, pkey_mprotect: 329, prctl: 157, read: 0, restart_syscall: 219, rt_sigaction: 13, rt_sigprocmask: 14,
  rt_sigreturn: 15, sched_yield: 24, sendto: 44, setsockopt: 54, shutdown: 48, sigaltstack: 131, sysinfo: 99, write: 1,
  writev: 20,
};

const arm64: Record<keyof typeof x64, number> = {
  arch: 0xc00000b7, brk: 214, clock_getres: 114, clock_gettime: 113, clock_nanosleep: 115, close: 57, close_range: 436,
  exit: 93, exit_group: 94, futex: 98, getegid: 177, geteuid: 175, getgid: 176, getpid: 172, getrandom: 278, getrusage: 165,
  gettid: 178, gettimeofday: 169, getuid: 174, io_uring_setup: 425, madvise: 233, mmap: 222, mprotect: 226, mremap: 216,
  munmap: 215, nanosleep: 101, pkey_mprotect: 288, prctl: 167, read: 63, restart_syscall: 128, rt_sigaction: 134,
  rt_sigprocmask: 135, rt_sigreturn: 139, sched_yield: 124, sendto: 206, setsockopt: 208, shutdown: 210, sigaltstack: 132,
  sysinfo: 179, write: 64, writev: 66,
};

const calls = { x64, arm64 };

/** A machine for which filters can be made. */
export type Machine = keyof typeof calls;

/** A system call that rules can name. */
export type Call = Exclude<keyof typeof x64, 'arch'>;

/** What the kernel does at a call: `allow` it, `kill` the process, or make it seem to fail with an errno; at 0 to succeed. */
export type Answer = 'allow' | 'kill' | number;

/**
 * What an argument, counted from 0, must be. `in`: an int, one of these; its low 32 bits count, as for the kernel, which
 * leaves the others unread. `within`: an unsigned long or a pointer, with no bits but these, in none of its halves.
 */
export type Condition = [argument: number, test: 'in', values: readonly number[]]
  | [argument: number, test: 'within', bits: number];

/** One rule. Of several for a call the first that fits counts. */
export interface Rule {
  /** The system call that it is about. */
  call: Call;
  /** What its arguments must be, all of it. */
  when?: readonly Condition[];
  /** What the kernel does. */
  answer: Answer;
}

/** Whether filters can be made for this machine. */
export const known = process.arch in calls;

/**
 * The kernel's number of a system call.
 *
 * @param call its name; `arch` for the word by which the kernel knows the architecture
 * @param machine on which machine: this one, where it is {@link known}
 * @returns the number
 */
export function number_of(call: keyof typeof x64, machine = process.arch as Machine): number {
  return calls[machine][call];
}

const [LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN] = [0x20, 0x15, 0x35, 0x45, 0x06];
const [nr, arch] = [0, 4]; // offsets in struct seccomp_data; the arguments, 8 bytes each, the low half first, begin at 16
const FARTHEST = 255; // steps that a step can pass over

/** What a filter does in one step: what, how many steps to pass over if so, how many if not, and a number. */
type Step = [code: number, jt: number, jf: number, k: number];

function returns(answer: Answer): Step {
  const [ALLOW, ERRNO, KILL_PROCESS] = [0x7fff0000, 0x00050000, 0x80000000];
  return [RETURN, 0, 0, answer === 'allow' ? ALLOW : answer === 'kill' ? KILL_PROCESS : ERRNO | answer];
}

/** The steps of a condition: to the step after them where it holds, otherwise over `rest` steps more. */
function tests([argument, test, operand]: Condition, rest: number): Step[] {
  const low = 16 + 8 * argument;
  if (test === 'in') {
    const last = operand.length - 1;
    return [[LOAD, 0, 0, low], ...operand.map((value, i): Step => [EQUAL, last - i, i === last ? rest : 0, value])];
  }
  return [[LOAD, 0, 0, low], [ANY_BIT, 2 + rest, 0, ~operand >>> 0], [LOAD, 0, 0, low + 4], [EQUAL, 0, rest, 0]];
}

/**
 * Rules as classic BPF. The architecture comes first, since without it the number of a call means nothing; then a search
 * that halves the numbers at each step: a kernel since 5.11 looks for what to answer to each call that there is, once for
 * each process that takes a filter.
 *
 * @param rules the rules, in order
 * @param otherwise the answer to calls that no rule fits
 * @param machine for which machine
 * @returns the program, a step an instruction
 * @throws RangeError when it is too long for its jumps
 */
export function compile(rules: readonly Rule[], otherwise: Answer, machine = process.arch as Machine): Instruction[] {
  const steps_of = (call: Call): Step[] => rules.filter((rule) => rule.call === call).flatMap(({ when = [], answer }) => (
    when.reduceRight<Step[]>((after, condition) => [...tests(condition, after.length), ...after], [returns(answer)])));
  const search = (numbers: [number, Call][]): Step[] => {
    const middle = numbers.length >> 1;
    const first = numbers[middle];
    if (!first) return [returns(otherwise)];
    const [number, call] = first;
    if (middle > 0) {
      const lower = search(numbers.slice(0, middle));
      return [[AT_LEAST, lower.length, 0, number], ...lower, ...search(numbers.slice(middle))];
    }
    const steps = steps_of(call);
    return [[EQUAL, 0, steps.length, number], ...steps, returns(otherwise)];
  };
  const numbers = [...new Set(rules.map(({ call }) => call))].map((call): [number, Call] => [number_of(call, machine), call]);
  const foreign = returns(otherwise === 'allow' ? 'allow' : 'kill');
  const program: Step[] = [
    [LOAD, 0, 0, arch], [EQUAL, 1, 0, number_of('arch', machine)], foreign,
    [LOAD, 0, 0, nr], ...search(numbers.sort(([a], [b]) => a - b)),
  ];
  if (program.some(([, jt, jf]) => Math.max(jt, jf) > FARTHEST)) throw new RangeError('a filter with too many rules');
  return program.map(([code, jt, jf, k]) => ({ code, jt, jf, k }));
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
export function filter(rules: readonly Rule[], otherwise: Answer): Filter {
  return sock_fprog(compile(rules, otherwise));
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
