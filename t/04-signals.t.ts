/**
 * %SIG: handlers run between two operations, the program waits for them, and blocked signals wait too.
 *
 * A student learns what Perl's "safe signals" promise, and why a sleep that tests first can miss its wake-up.
 */
import { join } from 'node:path';
import t from 'tap';
import { root, run } from './harness.ts';

const program = join(root, 't', 'programs', 'signals.js');
const parts = ['', 'between', 'nested', 'again', 'blocked', 'woken', 'ignored'];
const lines = (...list: string[]): string => `${list.join('\n')}\n`;

/** The parts of the program, and what each must print. */
const expected = {
  between: lines('the operation that was under way', 'handler'),
  nested: lines('HUP begins', 'TERM begins', 'USR2', 'TERM ends', 'HUP ends', 'the program'),
  again: lines('HUP 1 begins', 'HUP 1 ends', 'HUP 2 begins', 'HUP 2 ends'),
  blocked: lines('while blocked: 0', 'afterwards: at least one, at most two: true', 'and no more: 0'),
  woken: lines('woken 1000 times'),
  ignored: lines('still here'),
};
const meaning = {
  between: 'no handler runs in the middle of an operation',
  nested: 'the innermost handler ends first; what it interrupted goes on afterwards',
  again: 'a signal does not interrupt its own handler; it is handled after it',
  blocked: 'a blocked signal is handled after it is unblocked, not before, and not again',
  woken: 'no signal is lost between a test and the sleep after it',
  ignored: 'IGNORE and DEFAULT are the kernel’s own',
};

for (const [part, output] of Object.entries(expected)) {
  void t.test(meaning[part as keyof typeof meaning], async (t) => {
    const { stdout, stderr, status, signal } = await run(process.execPath, [program, String(parts.indexOf(part))]);
    t.equal(stdout, output, 'it prints what it does, in this order');
    t.equal(stderr, '', 'and nothing on STDERR');
    t.same([status, signal], part === 'ignored' ? [null, 'SIGHUP'] : [0, null],
      part === 'ignored' ? 'it ends by HUP, at its default' : 'it ends with 0');
  });
}
