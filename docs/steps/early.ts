/**
 * A signal at the worst moment: each child sends itself TERM as soon as it is born, before its fork() has returned.
 * `node --import ./docs/steps/early.js` puts it before a program.
 *
 * @module
 */
import { libc } from '../../perl/libc.ts';

const TERM = 15;
const { fork } = libc();
libc().fork = () => {
  const pid = fork();
  if (pid === 0) libc().kill(libc().getpid(), TERM);
  return pid;
};
