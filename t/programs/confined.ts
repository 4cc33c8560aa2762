/**
 * What t/21-confined.t.ts looks at: children that have promised to talk only, and try something else. With the argument 2:
 * the limits of such a child. With 3: every system call that there is, and every argument that is forbidden.
 *
 * @module
 */
import '../../perl/perlrun.ts';
import { openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import type koffi_module from 'koffi';
import { STDOUT } from '../../perl/IO/Handle.ts';
import { libc } from '../../perl/libc.ts';
import { type Call, number_of } from '../../perl/Linux/Seccomp.ts';
import { keep_open } from '../../perl/OpenBSD/Pledge.ts';
import { $, ARGV, exec, exit, fork, open, pledge, sleep, waitpid } from '../../perl/perl.ts';
import { allowed, type Arguments, forbidden, free } from '../calls.ts';

keep_open(-1); // as openlog does, in the parent
const parent = $['$'];
const address = Buffer.alloc(16);
const koffi = createRequire(import.meta.url)('koffi') as typeof koffi_module;
const six = koffi.load(null).func('long syscall(long, long, long, long, long, long, long)') as
  (number: number, ...given: (number | bigint)[]) => number;
const syscall = (number: number, given: Arguments): number => six(number, ...[...given, 0, 0, 0, 0, 0, 0].slice(0, 6));

/** Runs a part in a confined child and says how it ended. */
function confined(part: () => unknown): string {
  const pid = fork();
  if (pid === 0) {
    libc().dup2(openSync('/dev/null', 'r+'), 1); // a confined child's exit says the end of what it has there
    pledge('stdio');
    part();
    exit(0);
  }
  waitpid(pid ?? -1, 0);
  const status = $['?'];
  return (status & 127) === 0 ? `exit ${status >> 8}` : `signal ${status & 127}`;
}

const attempts: Record<string, () => unknown> = {
  'open a file': () => readFileSync('/etc/passwd'),
  'make a socket': () => libc().socket(2, 1, 0),
  'connect': () => libc().connect(0, address, 16),
  'fork': () => libc().fork(),
  'exec': () => exec('/bin/sh', '-c', 'exit 0'),
  'kill the parent': () => libc().kill(parent, 9),
  'kill its like': () => libc().syscall(process.arch === 'x64' ? 234 : 131, parent, parent, 9), // tgkill
  'ptrace': () => libc().syscall(process.arch === 'x64' ? 101 : 117, 16, parent, 0),
  'chroot twice': () => libc().chroot('/tmp'),
  'setuid 0': () => libc().setresuid(0, 0, 0),
  'mount': () => libc().syscall(process.arch === 'x64' ? 165 : 40, 0, 0, 0),
  'write a file it did not open': () => open(STDOUT, '>', '/tmp/confined'),
};

/** A confined child uses the numbers at which libuv has its event descriptors, as libuv does. */
function events(): string {
  const is_event = (fd: string): boolean => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === 'anon_inode:[eventfd]';
    } catch {
      return false; // the one by which the folder was read
    }
  };
  const numbers = readdirSync('/proc/self/fd').filter(is_event).map(Number);
  const eight = Buffer.alloc(8, 1);
  return confined(() => {
    const work = (fd: number): boolean => libc().write(fd, eight, 8) === 8 && libc().read(fd, eight, 8) === 8;
    exit(numbers.length > 0 && numbers.every(work) ? 0 : 1);
  });
}

if (ARGV[0]?.match(/^2$/)) {
  const pid = fork();
  if (pid === 0) {
    pledge('stdio');
    for (;;) libc().syscall(process.arch === 'x64' ? 24 : 124, 0, 0, 0); // sched_yield
  }
  const text = (): string => readFileSync(`/proc/${pid ?? 0}/limits`, 'utf8');
  while (!/Max processes +0 /.test(text()) || !/Max file size +0 /.test(text()));
  const limits = [...text().matchAll(/^(Max (?:processes|(?:core file|file|data) size|open files|cpu time)) +(\S+) +(\S+)/gm)];
  STDOUT.print(JSON.stringify(Object.fromEntries(limits.map(([, name, soft, hard]) => [name, `${soft} ${hard}`]))));
  STDOUT.flush();
  libc().kill(pid ?? -1, 9);
  exit(0);
}

if (ARGV[0]?.match(/^3$/)) {
  const outcome: Record<string, string> = {};
  const attempt = (name: string, number: number, given: Arguments = []): void => {
    outcome[name] = confined(() => {
      exit(syscall(number, given) === -1 ? 1 : 0);
    });
  };
  const ours = [...free, ...Object.keys(allowed) as Call[]].map((call) => number_of(call));
  for (let number = 0; number < 512; number++) if (!ours.includes(number)) attempt(String(number), number);
  for (const [call, variants] of Object.entries(forbidden) as [Call, Arguments[]][]) {
    for (const given of variants) attempt(`${call}(${given.join(', ')})`, number_of(call), given);
  }
  STDOUT.print(JSON.stringify(outcome));
  STDOUT.flush();
  exit(0);
}
const outcome = Object.fromEntries(Object.entries(attempts).map(([name, part]) => [name, confined(part)]));
const harmless: Record<string, () => unknown> = {
  'compute': () => { for (let i = 0; i < 3e6; i++) void new Array(10).fill(i); },
  'sleep': () => sleep(0.01),
  // each in a way of its own: Node, V8's collections
  'wake libuv': () => {
    const { port1, port2 } = new MessageChannel();
    port2.on('message', () => undefined);
    const registry = new FinalizationRegistry(() => undefined);
    for (let i = 0; i < 1e5; i++) {
      if (i % 1000 === 0) port1.postMessage(i);
      registry.register(new Array(100).fill(i), i);
    }
  },
};
for (const [call, variants] of Object.entries(allowed) as [Call, Arguments[]][]) {
  harmless[call] = () => { for (const given of variants) syscall(number_of(call), given); };
}
const may = Object.fromEntries(Object.entries(harmless).map(([name, part]) => [name, confined(part)]));
STDOUT.print(JSON.stringify({ outcome, may, events: events() }));
STDOUT.flush();
exit(0);
