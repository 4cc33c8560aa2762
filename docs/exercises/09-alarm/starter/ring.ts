/** What the exercise looks at: whether there is an alarm, and what it does. @module */
import '../../../../perl/perlrun.ts';
import { STDOUT } from '../../../../perl/IO/Handle.ts';
import * as perl from '../../../../perl/perl.ts';
import { exit, SIG, sleep } from '../../../../perl/perl.ts';

const alarm: unknown = Reflect.get(perl, 'alarm'); // which is yet to be written

/** Calls it; for want of a type, by hand. */
function set_alarm(seconds: number): unknown {
  return typeof alarm === 'function' ? Reflect.apply(alarm, undefined, [seconds]) : undefined;
}

let rung = 'nothing';
const first = set_alarm(60);
const left = set_alarm(0);
if (typeof alarm === 'function') {
  SIG.ALRM = (signal) => { rung = signal; };
  const patience = setTimeout(() => { finish(); }, 10_000);
  set_alarm(1);
  await sleep();
  clearTimeout(patience);
}
finish();

function finish(): never {
  STDOUT.print(JSON.stringify({ alarm: typeof alarm, first, left, rung }));
  STDOUT.flush();
  exit(0);
}
