/**
 * What a fork costs a process of a given size: `node fork.js MB …` prints, for each MB of ballast, the median of fork, exit and
 * wait in microseconds. The ballast is memory that has been written, as a large script's is.
 */
import { fork, prepare } from '../perl/fork.ts';
import { libc } from '../perl/libc.ts';

prepare();
const { _exit, waitpid } = libc();
const status: [number] = [0];
const ballast: Buffer[] = [];
let held = 0;
for (const size of process.argv.slice(2).map(Number)) {
  for (; held < size; held++) ballast.push(Buffer.alloc(1 << 20, 1));
  const times: number[] = [];
  for (let i = 0; i < 50; i++) {
    const begin = process.hrtime.bigint();
    const child = fork();
    if (child === 0) _exit(0);
    waitpid(child ?? -1, status, 0);
    times.push(Number(process.hrtime.bigint() - begin) / 1000);
  }
  console.log(times.sort((a, b) => a - b)[25]);
}
_exit(0);
