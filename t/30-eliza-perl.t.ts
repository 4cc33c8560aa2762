/**
 * What a student learns here: how to hold a translation against its original. The Perl module and ours are given the
 * same script, the same random numbers and the same thousands of lines, and must say the same, debug texts included.
 */
import t from 'tap';
import { lcg, no_perl, ours, parting, perl, SCRIPTS, shrink, utterances } from './eliza-oracle.ts';

const each = Number(process.env['ELIZA_UTTERANCES'] ?? 4400);

for (const script of SCRIPTS) {
  const name = script.split('/').slice(-2).join('/');
  void t.test(`${name}: ${each} utterances, every reply and debug text as the Perl's`, { skip: no_perl() }, (t) => {
    const sessions = utterances(script, each, lcg());
    for (const [likelihood, part] of [[1, sessions.slice(1)], [0.5, sessions.slice(0, 1)]] as const) {
      const [theirs, mine] = [perl(script, likelihood, part), ours(script, likelihood, part)];
      t.equal(mine.length, theirs.length, `${mine.length} answers`);
      const at = parting(mine, theirs);
      if (at < 0) continue;
      const fails = (lines: readonly string[]): boolean =>
        parting(ours(script, likelihood, [lines]), perl(script, likelihood, [lines])) >= 0;
      const session = part[Math.floor(at / 40)] ?? [];
      const lines = fails(session) ? shrink(session, fails) : session;
      t.comment(`shortest: ${JSON.stringify(lines)}`);
      t.same(ours(script, likelihood, [lines]), perl(script, likelihood, [lines]));
      t.same(mine[at], theirs[at], 'ours is what the Perl says');
    }
    t.end();
  });
}
