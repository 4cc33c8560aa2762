/** What t/04-signals.t.ts looks at: when handlers run, and in what order. @module */
import '../../perl/perlrun.ts';
import { STDOUT } from '../../perl/IO/Handle.ts';
import { $, ARGV, exit, kill, SIG, sleep } from '../../perl/perl.ts';
import { SIG_BLOCK, SIG_UNBLOCK, SIGHUP, SigSet, sigprocmask } from '../../perl/POSIX.ts';

const say = (text: string): void => {
  STDOUT.print(`${text}\n`);
  STDOUT.flush();
};
const me = $['$'];
let [hups, usrs] = [0, 0];

/** Lets every signal sent so far be handled: USR1 is sent last, and handled last. */
async function settle(): Promise<void> {
  const before = usrs;
  SIG.USR1 = () => { usrs++; };
  kill('USR1', me);
  while (usrs === before) await sleep();
}

const parts: Record<string, () => Promise<void>> = {
  async between() {
    SIG.HUP = () => { say('handler'); };
    kill('HUP', me);
    for (let i = 0; i < 1e7; i++) usrs = 0;
    say('the operation that was under way');
    await sleep();
  },
  async nested() {
    SIG.HUP = async () => {
      say('HUP begins');
      kill('TERM', me);
      await sleep();
      say('HUP ends');
    };
    SIG.TERM = async () => {
      say('TERM begins');
      kill('USR2', me);
      await sleep();
      say('TERM ends');
    };
    SIG.USR2 = () => { say('USR2'); };
    kill('HUP', me);
    await sleep();
    say('the program');
  },
  async again() {
    SIG.HUP = async () => {
      say(`HUP ${++hups} begins`);
      if (hups === 1) kill('HUP', me);
      await settle();
      say(`HUP ${hups} ends`);
    };
    kill('HUP', me);
    await sleep();
    await settle();
  },
  async blocked() {
    SIG.HUP = () => { hups++; };
    const signals = new SigSet(SIGHUP);
    kill('HUP', me); // with Node already, or still with the kernel: both are held back
    sigprocmask(SIG_BLOCK, signals);
    kill('HUP', me);
    await settle();
    say(`while blocked: ${hups}`);
    sigprocmask(SIG_UNBLOCK, signals);
    await settle();
    say(`afterwards: at least one, at most two: ${String(hups === 1 || hups === 2)}`);
    const before = hups;
    await settle();
    say(`and no more: ${hups - before}`);
  },
  async woken() {
    for (let i = 0; i < 1000; i++) {
      let done = false;
      SIG.HUP = () => { done = true; };
      kill('HUP', me); // between the test and the sleep, if anything could come between them
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- the handler changes it
      while (!done) await sleep();
    }
    say('woken 1000 times');
  },
  async ignored() {
    SIG.HUP = 'IGNORE';
    kill('HUP', me);
    await settle();
    say('still here');
    SIG.HUP = 'DEFAULT';
    kill('HUP', me);
    await settle();
    say('not reached');
  },
};
await Object.values(parts)[Number(ARGV[0]?.match(/^\d+$/)?.[0]) - 1]?.();
exit(0);
