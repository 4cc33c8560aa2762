/**
 * What a student learns here: how to hold a translation against its original. The Perl module and ours are given the
 * same script, the same random numbers and the same thousands of lines, and must say the same, debug texts included.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Eliza, random } from '../Chatbot/Eliza.ts';
import { pattern } from '../Chatbot/Pattern.ts';
import {
  lcg, no_perl, our_talks, ours, parting, perl, perl_talks, ROUND, SCRIPTS, shrink, utterances, type Talk,
} from './eliza-oracle.ts';
import { random_script } from './eliza-scripts.ts';
import { folder } from './harness.ts';

const each = Number(process.env['ELIZA_UTTERANCES'] ?? 120); // t/long/30 takes more: the Perl needs its time

/** Puts a script whose lines end in CR LF into LF for the Perl (erratum 42). */
function with_newlines(t: Test, script: string): string {
  const text = readFileSync(script, 'latin1');
  if (!text.includes('\r')) return script;
  const dir = folder(t);
  const copy = join(dir, 'script.txt');
  writeFileSync(copy, text.replaceAll('\r\n', '\n'), 'latin1');
  return copy;
}

for (const script of SCRIPTS) {
  const name = script.split('/').slice(-2).join('/');
  const lines = name === 'Chatbot/doctor.es.txt' ? each / 4 : each; // the Perl takes a tenth of a second for one of these
  void t.test(`${name}: ${lines} utterances, every reply and debug text as the Perl's`, { skip: no_perl() }, (t) => {
    const sessions = utterances(script, lines, lcg());
    const copy = with_newlines(t, script);
    for (const [likelihood, part] of [[1, sessions.slice(1)], [0.5, sessions.slice(0, 1)]] as const) {
      const [theirs, mine] = [perl(copy, likelihood, part), ours(script, likelihood, part)];
      t.equal(mine.length, theirs.length, `${mine.length} answers`);
      const at = parting(mine, theirs);
      if (at < 0) continue;
      const fails = (lines: readonly string[]): boolean =>
        parting(ours(script, likelihood, [lines]), perl(copy, likelihood, [lines])) >= 0;
      const session = part[Math.floor(at / 40)] ?? [];
      const lines = fails(session) ? shrink(session, fails) : session;
      t.comment(`shortest: ${JSON.stringify(lines)}`);
      t.same(ours(script, likelihood, [lines]), perl(copy, likelihood, [lines]), 'what the Perl says to the shortest session');
      t.same(mine[at], theirs[at], 'ours is what the Perl says');
    }
    t.end();
  });
}

const count = Number(process.env['ELIZA_SCRIPTS'] ?? 60);
const seed = Number(process.env['ELIZA_SEED'] ?? 1);

/** The answers up to the one at which two lists part. */
const first_parting = (talk: Talk): unknown => {
  const [theirs, mine] = [perl_talks(0.5, [talk]), our_talks(0.5, [talk])];
  const at = parting(mine, theirs);
  return at < 0 ? undefined : { line: talk.lines[at], ours: mine[at], theirs: theirs[at] };
};

void t.test(`${count} random scripts (ELIZA_SEED=${seed})`, { skip: no_perl() }, (t) => {
  const dir = folder(t);
  const { warn } = console;
  console.warn = () => undefined; // nearly every one of them looks wrong
  t.teardown(() => {
    console.warn = warn;
  });
  const rand = random(seed);
  const loaded: string[] = [];
  const refused: { script: string; why: string }[] = [];
  for (let i = 0; i < count; i++) {
    const script = join(dir, `${i}.txt`);
    writeFileSync(script, random_script(rand), 'latin1');
    try {
      new Eliza({ scriptfile: script });
      loaded.push(script);
    } catch (error) {
      refused.push({ script, why: error instanceof Error ? error.message : '' });
    }
  }
  t.ok(loaded.length > count / 2, `${loaded.length} load`);

  const talks = loaded.flatMap((script) => utterances(script, 20, rand).map((lines) => ({ script, lines })));
  const [theirs, mine] = [perl_talks(0.5, talks), our_talks(0.5, talks)];
  t.equal(mine.length, theirs.length, `${mine.length} lines`);
  t.ok(mine.every(({ reply }) => reply !== ''), 'whatever loads answers every line');
  const at = parting(mine, theirs);
  if (at >= 0) {
    let line = 0;
    const { script, lines } = talks.find(({ lines }) => (line += lines.length) > at) ?? { script: '', lines: [] };
    const shortest = shrink(lines, (lines) => first_parting({ script, lines }) !== undefined);
    t.comment(`script: ${readFileSync(script, 'latin1')}\nshortest: ${JSON.stringify(shortest)}`);
    t.same(first_parting({ script, lines: shortest }), undefined, 'the shortest session in which they part');
  }
  t.same(mine[at], theirs[at], "every reply and debug text as the Perl's");
  const unforeseen = new Set(talks.flatMap(({ script, lines }) => lines.map(() => script)).filter((_, i) => mine[i] === ROUND));
  t.ok(unforeseen.size <= count / 200, `of those that go round, ${unforeseen.size} are not refused before they do`);

  t.ok(refused.length > count / 20, `${refused.length} are refused`);
  const going_round = refused.flatMap(({ script, why }): Talk[] => {
    const [, line] = / for the line: ([^]*) at [^ ]+ line \d+\.\n$/.exec(why) ?? [];
    const lines = Array.from({ length: 100 }, () => line ?? '');
    if (line === undefined && !why.includes('xnone')) t.fail(`refused for another reason: ${why}`);
    return [{ script, lines: [...lines, ...lines] }, { script, lines: lines.flatMap((text) => [text, '']) }];
  });
  const answers = perl_talks(1, going_round);
  const sound = refused.filter((_, i) => !answers.slice(i * 400, i * 400 + 400).some(({ reply }) => reply === ROUND.reply));
  t.same(sound, [], 'and the Perl goes round with each of them, for the line that is named or without a keyword');
  t.end();
});

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
