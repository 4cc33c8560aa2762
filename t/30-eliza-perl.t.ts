/**
 * What a student learns here: how to hold a translation against its original. The Perl module and ours are given the
 * same script, the same random numbers and the same thousands of lines, and must say the same, debug texts included.
 */
import { spawnSync } from 'node:child_process';
import t from 'tap';
import { pattern } from '../Chatbot/Pattern.ts';
import { lcg, no_perl, ours, parting, perl, SCRIPTS, shrink, utterances } from './eliza-oracle.ts';

t.setTimeout(300_000); // the Perl takes its time
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
      t.same(ours(script, likelihood, [lines]), perl(script, likelihood, [lines]),
        'ours says to the shortest session what the Perl says');
      t.same(mine[at], theirs[at], 'ours is what the Perl says');
    }
    t.end();
  });
}

void t.test('a pattern that is not refused means what it means to the Perl', { skip: no_perl() }, (t) => {
  const rand = lcg();
  const pick = (list: readonly string[]): string => list[Math.floor(rand(list.length))] ?? '';
  const many = (list: readonly string[], most: number): string =>
    Array.from({ length: Math.floor(rand(most)) + 1 }, () => pick(list)).join('');
  const PIECES = [
    'a', 'B', 'c', '1', '_', ' ', '-', "'", '\xe9', '\xc9', '.', 'a?', 'b*', 'c+', 'a*?', 'a{2}', 'b{1,2}', 'c{,2}', '[a-c]',
    '[^a]', '[\\w-]', '[^\\s]', '[\xe0-\xff]', '[]a]', '\\w', '\\W', '\\d', '\\s', '\\S', '\\b', '\\B', '\\.', '\\-', '\\x41',
    '\\x{e9}', '\\n', '(a|b)', '(?:b|c)', '((a)|b)*', '(?:(a)|b)+', '(?=a)', '(?!b)', '(?<=a)', '(?<!\\w)', '(?<=', '(?:',
    '(?!', '^', '$', '|', '*', '+', '?', '{2}', '*?', '(', ')', '@', '#', '/', '{', '}', ']', '++', '(?i)',
  ];
  const TEXT = [
    'a', 'b', 'c', 'A', 'B', 'C', '1', '_', ' ', '-', '.', "'", '\n', '\xe9', '\xc9', '\xa0', '\x85', 'aa', 'bc',
    '@', '#', ']', '{',
  ];
  const hex = (text: string): string => Buffer.from(text, 'latin1').toString('hex');

  const cases: { source: string; text: string; captures: string }[] = [];
  for (let i = 0; i < 20_000; i++) {
    const source = `\\b${many(PIECES, 5)}\\b`;
    const text = many(TEXT, 8);
    try {
      const found = pattern(source).exec(text);
      const captures = found?.map((capture: string | undefined) => hex(capture ?? '')).join() ?? hex('no');
      cases.push({ source, text, captures });
    } catch {
      // refused
    }
  }
  const program = String.raw`
    $SIG{__WARN__} = sub { };
    while (<STDIN>) {
      my ($pattern, $text) = map { pack 'H*', $_ } split /[\s,]/, $_, -1;
      my @captures = ('no');
      eval {
        $text =~ /$pattern/i
          and @captures = ($&, map { defined $-[$_] ? substr $text, $-[$_], $+[$_] - $-[$_] : '' } 1 .. $#-);
      };
      print $@ ? 'died' : join(',', map { unpack 'H*', $_ } @captures), "\n";
    }`;
  const input = cases.map(({ source, text }) => `${hex(source)},${hex(text)},\n`).join('');
  const { stdout } = spawnSync('perl', ['-e', program], { input, encoding: 'latin1', maxBuffer: 2 ** 28 });
  const theirs = stdout.split('\n');
  const wrong = cases.filter(({ captures }, i) => captures.replace(/,+$/, '') !== theirs[i]?.replace(/,+$/, ''));
  t.same(wrong.slice(0, 5).map((one) => [one, theirs[cases.indexOf(one)]]), [], `${cases.length} patterns, every capture`);
  t.ok(cases.length > 5000, 'enough patterns were taken');
  t.ok(cases.filter(({ captures }) => captures !== hex('no')).length > 500, 'and enough of them found something');
  t.end();
});
