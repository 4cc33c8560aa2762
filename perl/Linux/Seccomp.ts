/**
 * Linux::Seccomp, named after the CPAN module: rules for the kernel on what to answer to a system call.
 *
 * A filter holds for the process, for what it executes and for what it forks, and cannot be taken away again.
 *
 * @module
 */
import { address_of, libc } from '../libc.ts';
import { note } from '../perlvar.ts';

/** The numbers of the system calls that rules can name. */
const calls = {
  x64: { arch: 0xc000003e, madvise: 28, write: 1 },
  arm64: { arch: 0xc00000b7, madvise: 233, write: 64 },
};

/** One rule: the first whose call and argument fit is the one that counts. */
export interface Rule {
  /** The system call that it is about. */
  call: Exclude<keyof (typeof calls)['x64'], 'arch'>;
  /** Which argument, from 0, must compare how with what; its low 32 bits count. */
  when?: [argument: number, test: '==' | '>', value: number];
  /** `allow`, or an errno with which the call seems to fail; 0 makes it seem to succeed, without being done. */
  answer: 'allow' | number;
}

/** Whether filters can be made for this machine. */
export const known = process.arch in calls;

const [LOAD, EQUAL, GREATER, RETURN] = [0x20, 0x15, 0x25, 0x06];
const [nr, arch] = [0, 4]; // offsets in struct seccomp_data; the arguments, 8 bytes each, begin at 16
const [ALLOW, ERRNO] = [0x7fff0000, 0x00050000];

type Instruction = [op: number, yes: number, no: number, k: number];

/** Rules as classic BPF. The architecture comes first, since without it the number of a call means nothing. */
function compile(rules: Rule[]): Instruction[] {
  const numbers = calls[process.arch as keyof typeof calls];
  const program = rules.flatMap(({ call, when, answer }): Instruction[] => {
    const end: Instruction = [RETURN, 0, 0, answer === 'allow' ? ALLOW : ERRNO | answer];
    if (!when) return [[LOAD, 0, 0, nr], [EQUAL, 0, 1, numbers[call]], end];
    const [argument, test, value] = when;
    const compare: Instruction = [test === '==' ? EQUAL : GREATER, 0, 1, value];
    return [[LOAD, 0, 0, nr], [EQUAL, 0, 3, numbers[call]], [LOAD, 0, 0, 16 + 8 * argument], compare, end];
  });
  return [[LOAD, 0, 0, arch], [EQUAL, 0, program.length, numbers.arch], ...program, [RETURN, 0, 0, ALLOW]];
}

/**
 * Lays a filter over this process. Calls that no rule names are allowed.
 *
 * @param rules the rules, in order
 * @returns whether the kernel took it; `$!` says why not
 */
export function install(rules: Rule[]): boolean {
  const program = compile(rules);
  const code = Buffer.alloc(8 * program.length);
  program.forEach(([op, yes, no, k], i) => {
    code.writeUInt16LE(op, 8 * i);
    code.writeUInt8(yes, 8 * i + 2);
    code.writeUInt8(no, 8 * i + 3);
    code.writeUInt32LE(k, 8 * i + 4);
  });
  const sock_fprog = Buffer.alloc(16);
  sock_fprog.writeUInt16LE(program.length, 0);
  sock_fprog.writeBigUInt64LE(address_of(code), 8);
  const { prctl } = libc();
  const [NO_NEW_PRIVS, SECCOMP, MODE_FILTER] = [38, 22, 2];
  return note(prctl(NO_NEW_PRIVS, 1, null, 0, 0)) === 0 && note(prctl(SECCOMP, MODE_FILTER, sock_fprog, 0, 0)) === 0;
}
