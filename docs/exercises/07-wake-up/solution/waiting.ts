/** kill_children in small: forks three children, ends them, and waits until they have ended. @module */
import '../../../../perl/perlrun.ts';
import { STDOUT } from '../../../../perl/IO/Handle.ts';
import { exit, fork, kill, SIG, sleep, waitpid } from '../../../../perl/perl.ts';
import { WNOHANG } from '../../../../perl/POSIX.ts';

const children = new Set<number>();

SIG.CHLD = () => {
  for (let child; (child = waitpid(-1, WNOHANG)) > 0;) children.delete(child);
};

for (let i = 0; i < 3; i++) {
  const child = fork();
  if (child === 0) for (;;) await sleep();
  if (child !== undefined) children.add(child);
}
await kill_children();
STDOUT.print('none left\n');
STDOUT.flush();
exit(0);

/** Ends the children and waits until they have ended; says how many are left. Daemon.pm:97-101. */
async function kill_children(): Promise<void> {
  kill('TERM', ...children);
  while (children.size > 0) {
    await sleep(); // at once after the test: what comes in between would be missed
    await report(children.size);
  }
}

/** Says how many are left, and gives whoever reads it a second for that. */
async function report(left: number): Promise<void> {
  STDOUT.print(`${left} left\n`);
  STDOUT.flush();
  await new Promise((resume) => setTimeout(resume, 1000));
}
