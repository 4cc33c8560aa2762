/** What t/03-fork.t.ts looks at: a parent, a child that lives on its own event loop, and the ways a child can end. @module */
import '../../perl/perlrun.ts';
import { STDOUT } from '../../perl/IO/Handle.ts';
import { libc, readable } from '../../perl/libc.ts';
import { $, ARGV, die, END, exec, exit, fork, SIG, sleep, waitpid } from '../../perl/perl.ts';

const say = (text: string): void => {
  STDOUT.print(`${text}\n`);
  STDOUT.flush();
};
const heap = Array.from({ length: 100_000 }, (_, i) => ({ i })); // what a child would lack under MADV_DONTFORK

function status_of(pid: number): number {
  waitpid(pid, 0);
  return $['?'];
}

/** Forks, runs the child's part to its end, and gives its wait status. */
function child(part: () => void): number {
  const pid = fork();
  if (pid === undefined) die('no fork');
  if (pid === 0) {
    part();
    return -1;
  }
  return status_of(pid);
}

const parts: Record<string, () => void | Promise<void>> = {
  none() { die('which part?\n'); },
  values() {
    const pid = fork();
    if (pid === 0) {
      heap.push({ i: -1 });
      const garbage = Array.from({ length: 2_000_000 }, (_, i) => `${i}`).length; // more than one scavenge
      say(`child: fork gave 0, pid is its own: ${String($['$'] === process.pid)}, heap ${heap.length}, garbage ${garbage}`);
      exit(7);
    }
    const reaped = waitpid(pid ?? -1, 0);
    const status = $['?'];
    say(`parent: fork gave the child: ${String(reaped === pid)}, status ${status >> 8}, heap ${heap.length}`);
  },
  async loop() {
    SIG.CHLD = () => {
      say(`parent: the child ended with ${status_of(-1) >> 8}`);
      exit(0);
    };
    if (fork() === 0) {
      SIG.CHLD = 'DEFAULT';
      setTimeout(() => {
        say('child: a timer');
        exit(3);
      }, 1);
    }
    for (;;) await sleep();
  },
  ends() {
    END(() => { say(`END in ${name}`); });
    let name = 'the first child';
    say(`exit: ${child(() => exit(5)) >> 8}`);
    name = 'the second child';
    say(`process.exit: ${child(() => process.exit(6)) >> 8}`);
    name = 'the parent';
  },
  dies() {
    if (child(() => { throw new TypeError('nobody caught this'); }) === 255 << 8) say('thrown: 255');
    if (child(() => die('nor this\n')) === 255 << 8) say('died: 255');
    const pid = fork();
    if (pid === 0) void Promise.reject(new Error('nor that'));
    else if (status_of(pid ?? -1) === 255 << 8) say('rejected: 255');
  },
  exec() {
    say(`exec: ${child(() => exec('sh', '-c', 'echo "$0 $1"; exit 4', 'one', 'two')) >> 8}`);
    say(`exec of nothing: ${String(exec('/nowhere/at/all'))}: ${$['!']}`);
  },
  deep() {
    const pid = fork();
    if (pid === 0) {
      say(`grandchild: ${child(() => exit(child(() => exit(9)) >> 8)) >> 8}`);
      exit(0);
    }
    waitpid(pid ?? -1, 0);
  },
  async clock() {
    for (const end = performance.now() + 300; performance.now() < end;); // the loop does not look at the clock meanwhile
    if (fork() === 0) {
      const before = performance.now();
      await new Promise((resume) => { setTimeout(resume, 100); });
      exit(performance.now() - before > 98 ? 0 : 1); // a timer counts whole milliseconds
    }
    say(`the child's timer: ${status_of(-1) === 0 ? 'in time' : 'too early'}`);
  },
  async watched() {
    const ends = new Int32Array(2);
    libc().pipe2(ends, 0);
    const [reader = -1, writer = -1] = ends;
    setTimeout(() => libc().close(writer), 1);
    setTimeout(() => {
      say('the program was woken by a timer');
      exit(1);
    }, 20_000);
    await new Promise<void>((resume) => {
      const watch = readable(reader, () => {
        watch.close();
        resume();
      });
    });
    say('the program goes on');
    exit(0);
  },
};
await Object.values(parts)[Number(ARGV[0]?.match(/^\d+$/)?.[0])]?.();
