/**
 * Exercise 9: alarm
 *
 * perl/ has Perl's built-in function alarm.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { root, run } from '../../../t/harness.ts';

void t.test('alarm', async (t) => {
  const { stdout, stderr, status } = await run(process.execPath, [join(root, 'ring.js')]);
  t.same([status, stderr], [0, ''], 'ring.ts runs to its end');
  const { alarm, first, left, rung } = JSON.parse(stdout) as Record<string, unknown>;
  t.equal(alarm, 'function', 'perl/perl.ts exports alarm');
  t.equal(first, 0, `alarm(60) gives 0: no alarm had been set; it gave ${String(first)}`);
  t.ok(left === 60 || left === 59, `alarm(0) then gives the seconds that were left: ${String(left)}`);
  t.equal(rung, 'ALRM', `alarm(1) wakes a sleep by the signal ALRM; what came is ${String(rung)}`);
  const prototypes = readFileSync(join(root, 'perl', 'libc.ts'), 'utf8');
  t.ok(/'unsigned int alarm\(unsigned int\b/.test(prototypes), 'perl/libc.ts has the prototype, as the manual page gives it');
});
