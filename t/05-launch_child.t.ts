/**
 * launch_child: no signal comes between the fork and the moment the child has handlers of its own (Daemon.pm:67-76).
 *
 * A student learns why the four signals are blocked around fork: without that a TERM for the child, sent a moment too
 * early, would run the parent's handler, or end nobody.
 */
import { join } from 'node:path';
import t from 'tap';
import { root, run } from './harness.ts';

const program = join(root, 't', 'programs', 'launch.js');
const signals = ['HUP', 'TERM', 'CHLD'];
const moments = ['before the fork', 'after the fork, to the parent', 'after the fork, to the child'];

/** What a child makes of a signal at its default: HUP (1) and TERM (15) end it, CHLD is nothing to it. */
const fate: Record<string, number | string> = { HUP: 'signal 1', TERM: 'signal 15', CHLD: 42 };

for (const [s, signal] of signals.entries()) {
  for (const [m, moment] of moments.entries()) {
    void t.test(`${signal} ${moment}`, async (t) => {
      const { stdout, stderr } = await run(process.execPath, [program, String(3 * s + m + 1)]);
      t.equal(stderr, '', 'nothing on STDERR');
      t.same(JSON.parse(stdout), {
        at_once: 0,
        afterwards: m === 2 ? 0 : 1,
        child: m === 2 ? fate[signal] : 42,
      }, m === 2 ? 'the child alone gets it' : 'the parent alone gets it, once, after launch_child');
    });
  }
}
