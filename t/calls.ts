/**
 * System calls with arguments that a confined child may not use, and with those that it may; and what the kernel would say
 * to a call under a filter, worked out here, so that the filter of a machine which is not there can be tested too.
 *
 * @module
 */
import type { Instruction } from '../perl/libc.ts';
import type { Call, Machine } from '../perl/Linux/Seccomp.ts';

/** Arguments: low and high half are told apart only where a BigInt says so. */
export type Arguments = readonly (number | bigint)[];

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const without = (values: number[], ...allowed: number[]): number[] => values.filter((value) => !allowed.includes(value));
const high = (value: number): bigint => BigInt(value) | 1n << 32n;
const page = 4096;

/** What a child may do: the calls of which some arguments are allowed, each with an example of them. */
export const allowed: Partial<Record<Call, Arguments[]>> = {
  shutdown: [[1, 1]],
  setsockopt: [20, 21].flatMap((name) => [0, 1, 2].map((fd) => [fd, 1, name, 0, 16])),
  mmap: [[0, page, 3, 0x22, -1], [0, page, 0, 0x4022, -1], [0, page, 1, 0x20022, -1]],
  mprotect: [[0, page, 0], [0, page, 1], [0, page, 3]],
  pkey_mprotect: [[0, page, 3, -1]],
  mremap: [[0, page, page, 1], [0, page, page, 0]],
  madvise: [[0, page, 4], [0, page, 8], [0, page, 10]],
  prctl: [[0x53564d41, 0, 0, page, 0]],
  futex: [[0, 128], [0, 129], [0, 137], [0, 393]],
  clock_gettime: [[0], [1], [7]],
  clock_getres: [[0], [1], [7]],
  clock_nanosleep: [[0], [1]],
};

/** What it may not, for the same calls: every command and flag that there is, and halves of arguments that look harmless. */
export const forbidden: Partial<Record<Call, Arguments[]>> = {
  shutdown: [[0, 1], [1, 0], [1, 2], [2, 1], [3, 1], [17, 1], [-1, 1]],
  setsockopt: [
    ...without(range(0, 90), 20, 21).map((name) => [0, 1, name, 0, 4]),
    ...[0, 6, 17, 41, 255, 263, 270, 279, 282].map((level) => [0, level, 20, 0, 4]), // IP, TCP, UDP, IPv6, packet, NETLINK …
    ...[3, 17, 20, -1].map((fd) => [fd, 1, 20, 0, 16]),
  ],
  mmap: [
    ...[4, 5, 6, 7, 8, 0x1000000, high(1)].map((protection) => [0, page, protection, 0x22, -1]), // code, and more
    ...[0x01, 0x21, 0x03, 0x23, 0x122, 0x2022, 0x8022, 0x40022, 0x100022, high(0x22)].map((flags) => [0, page, 3, flags, -1]),
  ],
  mprotect: [4, 5, 6, 7, 8, 0x1000000, 0x2000000, high(1)].map((protection) => [0, page, protection]),
  pkey_mprotect: [4, 5, 6, 7, high(1)].map((protection) => [0, page, protection, -1]),
  mremap: [2, 3, 4, 5, 7, high(1)].map((flags) => [0, page, page, flags, page]),
  madvise: without([...range(0, 26), 100, 101, 102, 103], 4, 8, 10).map((advice) => [0, page, advice]),
  prctl: [
    ...[...range(0, 80), 0x53564d40, 0x59616d61].map((option) => [option, 0, 0, 0, 0]), // the last: PR_SET_PTRACER
    ...[1, high(0)].map((attribute) => [0x53564d41, attribute, 0, page, 0]),
  ],
  futex: [
    ...range(0, 13).map((operation) => [0, operation]), // not private: other processes could wait there
    ...without(range(130, 141), 137).map((operation) => [0, operation]),
    ...without(range(384, 397), 393).map((operation) => [0, operation]),
  ],
  // -6 and the like are clocks of other processes and of descriptors
  clock_gettime: [-6, -2, -1, 16].map((clock) => [clock]),
  clock_getres: [-6, -2, -1, 16].map((clock) => [clock]),
  clock_nanosleep: [-6, -2, 16].map((clock) => [clock]),
};

/** Calls of which a child may use all there is. */
export const free: readonly Call[] = [
  'read', 'write', 'writev', 'close', 'munmap', 'brk', 'sched_yield', 'nanosleep', 'restart_syscall', 'gettimeofday',
  'getpid', 'gettid', 'getuid', 'geteuid', 'getgid', 'getegid', 'getrandom', 'getrusage', 'sysinfo',
  'rt_sigaction', 'rt_sigprocmask', 'rt_sigreturn', 'sigaltstack', 'exit', 'exit_group',
];

/** Whose system calls a process makes, in the kernel's words; some are of a machine's other kinds. */
export const architectures: Record<Machine, { own: number; others: number[] }> = {
  x64: { own: 0xc000003e, others: [0x40000003, 0xc00000b7] }, // i386, by int 0x80
  arm64: { own: 0xc00000b7, others: [0x40000028, 0xc000003e] }, // 32-bit ARM
};

/**
 * What the kernel would answer to a call under a filter.
 *
 * @param program the filter
 * @param arch whose call it is
 * @param number the call's
 * @param given its arguments; those that are not given are 0
 * @returns the answer, as the kernel has it: 0x7fff0000 to allow, 0x80000000 to kill
 */
export function answer(program: readonly Instruction[], arch: number, number: number, given: Arguments = []): number {
  const data = Buffer.alloc(64); // struct seccomp_data
  data.writeUInt32LE(number, 0);
  data.writeUInt32LE(arch, 4);
  given.forEach((value, i) => data.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), 16 + 8 * i));
  let accumulator = 0;
  for (let at = 0; at < program.length; at++) {
    const { code, jt, jf, k } = program[at] ?? { code: 0, jt: 0, jf: 0, k: 0 };
    const jump = (holds: boolean): void => { at += holds ? jt : jf; };
    if (code === 0x20) accumulator = data.readUInt32LE(k); // BPF_LD | BPF_W | BPF_ABS
    else if (code === 0x15) jump(accumulator === k); // BPF_JMP | BPF_JEQ
    else if (code === 0x35) jump(accumulator >= k); // BPF_JMP | BPF_JGE
    else if (code === 0x45) jump((accumulator & k) !== 0); // BPF_JMP | BPF_JSET
    else if (code === 0x06) return k >>> 0; // BPF_RET
    else throw new Error(`instruction ${at} of the filter is ${code}`);
  }
  throw new Error('the filter ends without an answer');
}
