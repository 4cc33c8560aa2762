/**
 * What t/05-launch_child.t.ts looks at: launch_child with a signal sent inside its blocked stretch, and what became of
 * it in parent and child. Arguments by number: which signal (0 HUP, 1 TERM, 2 CHLD), when (0 before the fork, 1 after it
 * to the parent, 2 after it to the child).
 *
 * @module
 */
import '../../perl/perlrun.ts';
import { readFileSync } from 'node:fs';
import { launch_child } from '../../Daemon.ts';
import { STDOUT } from '../../perl/IO/Handle.ts';
import { libc } from '../../perl/libc.ts';
import { $, ARGV, exit, kill, SIG, sleep, waitpid } from '../../perl/perl.ts';
import { signo } from '../../perl/perlipc.ts';

const choice = Number(ARGV[0]?.match(/^\d+$/)?.[0]) - 1;
const signal = (['HUP', 'TERM', 'CHLD'] as const)[Math.floor(choice / 3)] ?? 'HUP';
const when = choice % 3;
const parent = $['$'];
let [handled, usr1] = [0, 0];

SIG[signal] = () => { handled++; };
SIG.USR1 = () => { usr1++; };

/** Lets every signal sent so far be handled. */
async function settle(): Promise<void> {
  const before = usr1;
  kill('USR1', $['$']);
  while (usr1 === before) await sleep();
}

/** Whether the signal waits for this process, blocked. */
function is_pending(): boolean {
  const pending = /^ShdPnd:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return (BigInt(`0x${pending}`) & (1n << BigInt(signo(signal) - 1))) !== 0n;
}

const { fork } = libc();
libc().fork = () => {
  if (when === 0) kill(signal, parent);
  const pid = fork();
  if (pid > 0 && when === 1) kill(signal, parent);
  if (pid > 0 && when === 2) kill(signal, pid);
  while (pid === 0 && when === 2 && !is_pending()); // it has come before anything else happens here
  return pid;
};

const ends = new Int32Array(2); // through this pipe the child is told when to end: its own CHLD must not come among the others
libc().pipe2(ends, 0);
const [reader = -1, writer = -1] = ends;

const child = launch_child();
const at_once = handled;
if (child === 0) {
  SIG.USR1 = () => { usr1++; };
  await settle();
  libc().read(reader, Buffer.alloc(1), 1);
  exit(handled === 0 ? 42 : 43);
}
// kill(2) signals a process, and any of its threads may take it: what came first need not be handled first.
while (when < 2 && handled === 0) await sleep();
await settle();
const afterwards = handled;
libc().write(writer, Buffer.from('.'), 1);
waitpid(child ?? -1, 0);
const status = $['?'];
STDOUT.print(JSON.stringify({ at_once, afterwards, child: status & 127 ? `signal ${status & 127}` : status >> 8 }));
STDOUT.flush();
exit(0);
