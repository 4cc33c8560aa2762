/**
 * What t/21-confined.t.ts looks at: children that have promised to talk only, and try something else. With the argument 2:
 * the limits of such a child.
 *
 * @module
 */
import '../../perl/perlrun.ts';
import { readFileSync } from 'node:fs';
import { STDOUT } from '../../perl/IO/Handle.ts';
import { libc } from '../../perl/libc.ts';
import { $, ARGV, exec, exit, fork, open, pledge, waitpid } from '../../perl/perl.ts';

const parent = $['$'];
const address = Buffer.alloc(16);

/** Runs a part in a confined child and says how it ended. */
function confined(part: () => unknown): string {
  const pid = fork();
  if (pid === 0) {
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

if (ARGV[0]?.match(/^2$/)) {
  const pid = fork();
  if (pid === 0) {
    pledge('stdio');
    for (;;) libc().syscall(process.arch === 'x64' ? 24 : 124, 0, 0, 0); // sched_yield
  }
  const text = (): string => readFileSync(`/proc/${pid ?? 0}/limits`, 'utf8');
  while (!/Max processes +0 /.test(text()) || !/Max file size +0 /.test(text()));
  const limits = [...text().matchAll(/^(Max (?:processes|core file size|open files|cpu time|file size)) +(\S+) +(\S+)/gm)];
  STDOUT.print(JSON.stringify(Object.fromEntries(limits.map(([, name, soft, hard]) => [name, `${soft} ${hard}`]))));
  STDOUT.flush();
  libc().kill(pid ?? -1, 9);
  exit(0);
}
const outcome = Object.fromEntries(Object.entries(attempts).map(([name, part]) => [name, confined(part)]));
const free = confined(() => { for (let i = 0; i < 3e6; i++) void new Array(10).fill(i); });
STDOUT.print(JSON.stringify({ outcome, free }));
STDOUT.flush();
exit(0);
