/**
 * What a student learns here: to distrust one's input, even a script of one's own. A bad script is refused when it is
 * read, with file and line, where the Perl would find out in the middle of a conversation, or go round for ever.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Eliza } from '../Chatbot/Eliza.ts';
import { no_perl, SCRIPTS } from './eliza-oracle.ts';
import { folder } from './harness.ts';

const dir = folder(t);
const XNONE = 'initial: Hello.\nfinal: Goodbye.\nkey: xnone -1\n  decomp: *\n    reasmb: Go on.\n'; // five lines
let count = 0;

/** Writes a script, makes a bot of it, and gives what was said about it. */
function tell(script: string): { message: string; warnings: string[]; file: string } {
  const file = join(dir, `${++count}.txt`);
  writeFileSync(file, script, 'latin1');
  const warnings: string[] = [];
  const { warn } = console;
  console.warn = (text: string) => { warnings.push(text); };
  try {
    new Eliza({ scriptfile: file });
    return { message: '', warnings, file };
  } catch (error) {
    return { message: error instanceof Error ? error.message : '', warnings, file };
  } finally {
    console.warn = warn;
  }
}

void t.test('scripts that die', (t) => {
  const dies = (what: string, script: string, message: string, line: number): void => {
    const told = tell(script);
    t.ok(told.message.endsWith(`error parsing script:  ${message}. at ${told.file} line ${line}.\n`), what, told);
  };
  dies('a decomposition rule with no keyword', '# a script\n\ndecomp: *\n', 'decomposition rule with no keyword', 3);
  dies('and after a key without a name', `${XNONE}key:\n decomp: *\n`, 'decomposition rule with no keyword', 7);
  dies('a reassembly rule before any', `${XNONE}key: a 0\n reasmb: no\n`, 'reassembly rule with no decomposition rule', 7);
  dies('the same for memory', `reasm_for_memory: no\n`, 'reassembly rule with no decomposition rule', 1);
  dies('an empty script', '', 'the script is empty', 1);
  dies('a script of comments', '# nothing\n\n', 'the script is empty', 1);
  dies('no xnone', 'key: a 0\n decomp: *\n reasmb: b\n', 'no key xnone, which answers when nothing else does', 3);
  dies('an xnone that does not answer', 'key: xnone -1\n decomp: b\n reasmb: c\n', 'key xnone has no answer to xnone', 3);
  dies('nor does it in silence', 'key: xnone -1\n decomp: *\n reasmb:\n', 'key xnone has no answer to xnone', 3);
  const mute = (what: string, script: string, line: number): void => {
    dies(`an xnone ${what}`, script, 'key xnone has no answer to xnone', line);
  };
  mute('of a rank that is never reached', XNONE.replace('-1', '-2'), 5);
  mute('that a pre word takes away', `${XNONE}pre: xnone nothing\n`, 6);
  mute('whose first rule says nothing', XNONE.replace(' decomp: *', ' decomp:\n reasmb:\n decomp: *'), 7);
  mute('that a keyword which is a pattern outranks', `key: x\\w+ 0\n decomp: a\n reasmb: b\n${XNONE}`, 8);
  dies('a goto to itself', `${XNONE}key: a 0\n decomp: *\n reasmb: goto a\n`, 'goto circle: a, for the line: a', 8);
  const twins = 'key: a 0\n decomp: a\n reasmb: goto xnone\n decomp: *\n reasmb: goto b\n'
    + 'key: b 0\n decomp: *\n reasmb: goto a\n';
  dies('a goto circle by one rule of several', XNONE + twins, 'goto circle: a, b, for the line: b', 10);
  dies('a goto circle', `${XNONE}key: a 0\n decomp: *\n reasmb: goto b\nkey: b 0\n decomp: *\n reasmb: GOTO a\n`,
    'goto circle: a, b, for the line: a', 8);
  const foobar = 'key: a 0\n decomp: * foo *\n reasmb: goto b\nkey: b 0\n decomp: * bar *\n reasmb: goto a\n';
  dies('a goto circle of rules that need words', XNONE + foobar, 'goto circle: a, b, for the line: a foo bar', 8);
  const beside = 'key: a 0\n decomp: *\n reasmb: c\n reasmb: goto b\nkey: b 0\n decomp: *\n reasmb: goto b\npre: b d\n';
  dies('a circle that one answer of several leads to', XNONE + beside, 'goto circle: b, for the line: a', 12);
  dies('a goto from memory back to itself', `${XNONE}key: a 0\n decomp: *\n reasmb: b\n reasm_for_memory: goto a\n`,
    'goto circle: a, for the line: a', 9);
  const refuses = (what: string, line: string, why: string): void => {
    dies(what, `${XNONE}${line}\n decomp: *\n reasmb: b\n`, `pattern refused: ${why}`, 6);
  };
  refuses('a possessive quantifier', 'key: a++ 0', 'what Perl means at column 4: \\ba++\\b');
  refuses('a back reference', 'key: (a)\\1 0', 'what Perl means at column 6: \\b(a)\\1\\b');
  refuses('inline flags', 'key: (?i)a 0', 'what Perl means at column 3: \\b(?i)a\\b');
  refuses('a POSIX class', 'key: [[:alpha:]] 0', 'what Perl means at column 3: \\b[[:alpha:]]\\b');
  refuses('\\A', 'key: \\Aa 0', 'what Perl means at column 3: \\b\\Aa\\b');
  refuses('a parenthesis too many', 'key: a) 0', 'JavaScript cannot read it: \\ba)\\b');
  refuses('a star on nothing', 'key: * 0', 'JavaScript cannot read it: \\b*\\b');
  t.end();
});

void t.test('a file that cannot be read', (t) => {
  const file = join(dir, 'none.txt');
  t.throws(() => new Eliza('Eliza', file), { message: `Could not read from file ${file} : No such file or directory\n` },
    'that is not there');
  t.throws(() => new Eliza('Eliza', dir), { message: `Could not read from file ${dir} : Is a directory\n` },
    'that is a folder');
  t.end();
});

void t.test('scripts that the Perl takes in silence', (t) => {
  const warns = (what: string, script: string, message: string, line: number): void => {
    const told = tell(XNONE + script);
    t.equal(told.message, '', `${what} is no error`);
    t.ok(told.warnings[0]?.endsWith(`script warning:  ${message}. at ${told.file} line ${line}.`), what, told);
    t.equal(told.warnings.length, 1, 'and nothing else');
  };
  warns('an unknown entry type', 'greeting: hi\n', 'unknown entry type: greeting: hi', 6);
  warns('a line without a colon', 'hi there\n', 'unknown entry type: hi there', 6);
  warns('a goto to an unknown key', 'key: a 0\n decomp: *\n reasmb: goto b\n', 'goto to an unknown key: goto b', 8);
  warns('a number beyond the wildcards', 'key: a 0\n decomp: * a *\n reasmb: (3)\n',
    '(3) is beyond the 2 wildcards of: * a *', 8);
  warns('a key without a rank', 'key: a\n decomp: *\n reasmb: b\n', 'key without a rank: a', 6);
  warns('no word at all', 'pre:\n', 'an empty word, which every word fits: pre', 6);
  warns('a rule that says nothing', 'key: a 0\n decomp: *\n', 'decomposition rule with no reassembly rule: *', 7);
  warns('a rule without synonyms', 'key: a 0\n decomp: @b\n reasmb: c\n',
    "no synonyms for @b: Can't use an undefined value as an ARRAY reference", 7);
  const many = tell(`${XNONE}hi\nyou\nthere\nkey: a\n decomp: *\n reasmb: b\n`.replace('final: Goodbye.\n', ''));
  t.same(many.warnings.map((text) => text.replace(/^.*warning: {2}/, '')), ['unknown entry type: hi in line 5'
    + ' (and 2 more of the kind); key without a rank: a in line 8; no final line in line 10. at '
    + `${many.file} line 5.`], 'of many, one line, with what there is of each kind');
  const silent = tell('key: xnone -1\n decomp: *\n reasmb: Go on.\n');
  t.match(silent.warnings, [/no initial line .*no final line/], 'a script that neither greets nor takes leave');
  t.end();
});

void t.test('scripts that only seem to go round', (t) => {
  const loads = (what: string, script: string, line: string, reply: string): void => {
    const { message, warnings, file } = tell(XNONE + script);
    t.same([message, warnings], ['', []], what);
    if (message === '') t.equal(new Eliza({ scriptfile: file }).transform(line), reply, 'it answers');
  };
  loads('a circle with a way out', 'key: a 0\n decomp: *\n reasmb: goto b\nkey: b 0\n decomp: *\n reasmb: goto a\n reasmb: c\n',
    'a', 'c');
  loads('a way out from another keyword', 'key: a 0\n decomp: *\n reasmb: goto b\n reasmb: goto c\n'
  + 'key: b 0\n decomp: *\n reasmb: goto a\nkey: c 0\n decomp: *\n reasmb: d\n', 'b', 'd');
  loads('rules that no sentence fits at once', 'key: a 0\n decomp: ^a$\n reasmb: goto b\n'
  + 'key: b 0\n decomp: ^b$\n reasmb: goto a\n', 'a', 'goto b');
  loads('a keyword whose rank is never reached', 'key: a -2\n decomp: *\n reasmb: goto a\n', 'a', 'Go on.');
  loads('a circle of memory rules that no line comes to', 'key: a 0\n decomp: *\n reasmb: goto b\n reasm_for_memory: goto a\n'
  + 'key: b 0\n decomp: *\n reasmb: c\n', 'a', 'c');
  loads('an xnone of which some answers are empty', 'key: xnone -1\n decomp: x\n reasmb:\n reasmb:\n', 'a', 'Go on.');
  loads('a keyword that is a pattern, in place of xnone', 'pre: xnone b\nkey: [b] 0\n decomp: *\n reasmb: c\n', 'a', 'c');
  const alone = tell('initial: a\nfinal: b\nkey: \\w+ 0\n decomp: *\n reasmb: c\n');
  t.same([alone.message, alone.warnings], ['', []], 'no xnone, where another keyword answers');
  t.end();
});

void t.test('a circle that was not foreseen', (t) => {
  const { warn } = console;
  const warnings: string[] = [];
  console.warn = (text: string) => { warnings.push(text); };
  t.teardown(() => { console.warn = warn; });
  const script = `key: [ax] 0\n decomp: [ax]$\n reasmb: c\n${XNONE}key: b 0\n decomp: q[^b-z]{3}\n reasmb: goto b\n`;
  const bot = new Eliza({ script });
  t.equal(bot.transform('b q789'), 'Hello.', 'ends in an answer');
  t.match(warnings, [/too many gotos, the last one to b, for the line: b q789$/], 'and a line in the log');
  t.equal(bot.transform('x'), 'c', 'the conversation goes on');

  const emptied = new Eliza({ script: XNONE });
  emptied.decomplist.clear();
  t.equal(emptied.transform('a'), 'Hello.', 'the same where a program empties a list');
  emptied.initial = [];
  t.equal(emptied.transform('a'), '...', 'and where there is nothing at all to say');
  t.end();
});

void t.test('a chain of gotos that is only long', (t) => {
  const step = (_: unknown, i: number): string =>
    `key: k${i} 0\n decomp: *\n reasmb: goto k0\n reasmb: goto k${i + 1}\n reasmb: goto k0\n`;
  const script = `${XNONE}${Array.from({ length: 6 }, step).join('')}key: k6 0\n decomp: *\n reasmb: There.\n`;
  const bot = new Eliza({ script });
  t.equal(bot.transform('k0'), 'There.', 'is followed to its end');
  t.ok(bot.debug_text.split('$1 = ').length > 4000, 'some thousand gotos away');
  const end = 'key: k6 0\n decomp: ^zzz\n reasmb: goto k0\n decomp: *\n reasmb: goto k0\n reasmb: There.\n';
  const start = script.split('key: k6')[0]?.replace('decomp: *\n reasmb: goto', 'decomp: ^k0\n reasmb: goto') ?? '';
  const suspect = tell(start + end);
  t.same([suspect.message, suspect.warnings], ['', []], 'and no circle where the rule that would make it one never fits');
  t.end();
});

void t.test('CR LF ends a line as LF does', (t) => {
  const script = `${XNONE}quit: bye\npre: x a\npost: my your\nsynon: b c d\nkey: a 3\n decomp: a @b\n reasmb: (1) my\nfoo`;
  const told = tell(script.replaceAll('\n', '\r\n'));
  t.match(told.warnings, [/unknown entry type: foo\. at/], 'in messages too');
  const [unix, dos] = [new Eliza({ script }), new Eliza({ scriptfile: told.file })];
  for (const member of ['initial', 'quit', 'pre', 'post', 'synon', 'keyranks', 'decomplist', 'reasmblist'] as const) {
    t.same(dos[member], unix[member], member);
  }
  t.equal(dos.transform('x d'), 'd my', 'so that no CR is said');
  t.end();
});

void t.test('rules the Perl dies of in a conversation do so here', (t) => {
  const { warn } = console;
  console.warn = () => undefined;
  t.teardown(() => { console.warn = warn; });
  const says = (rules: string): string => new Eliza({ script: `${XNONE}key: a 0\n${rules}` }).transform('a');
  t.throws(() => says(' decomp: *\n'), { message: "Can't use an undefined value as an ARRAY reference\n" },
    'a rule without answers');
  t.throws(() => says(' decomp: @b\n reasmb: c\n'), { message: /Can't use an undefined value as an ARRAY reference/ },
    'a rule without synonyms');
  t.equal(says(' decomp: *\n reasmb: goto b\n'), 'goto b', 'an unknown key is said, not gone to');
  t.equal(says(' decomp: *\n reasmb: <(4)>\n'), '<>', 'and a number without a wildcard is nothing');
  t.end();
});

void t.test('keywords are patterns, in the sense of Perl', (t) => {
  const found = (key: string, line: string): boolean =>
    new Eliza({ script: `${XNONE}key: ${key} 0\n decomp: *\n reasmb: found\n` }).transform(line) === 'found';
  t.ok(found('colou?r', 'The COLOR of money'), 'a ? makes a letter optional; case does not matter');
  t.ok(found('(?:cat|dog)s?', 'two dogs'), 'alternatives in a group');
  t.ok(found('[a-c]+x', 'ABCX'), 'case does not matter, in a class neither');
  t.ok(found('\\x41b', 'ab'), 'a letter by its number');
  t.ok(found('a{2,3}', 'aaa'), 'a count in braces');
  t.ok(found('^why', 'why me'), '^ is the start of the line');
  t.notOk(found('^why', 'and why'), 'and nowhere else');
  t.ok(found('(?<!not\\s)happy', 'happy'), 'a lookbehind lets pass');
  t.notOk(found('(?<!not\\s)happy', 'not happy'), 'and refuses');
  t.notOk(found('caf\xe9s', 'CAF\xc9S'), 'but bytes beyond ASCII have no case');
  t.ok(found('caf', 'caf\xe9'), 'and are no letters');
  t.notOk(found('a\\sb', 'a\xa0b'), 'nor blanks');
  t.end();
});

void t.test("the CPAN module's own scripts load unchanged", { skip: no_perl() }, (t) => {
  const { warn } = console;
  const warnings: string[] = [];
  console.warn = (text: string) => { warnings.push(text); };
  t.teardown(() => { console.warn = warn; });
  for (const script of SCRIPTS.slice(0, 3)) t.ok(new Eliza('Eliza', script).transform('xnone'), script);
  t.match(warnings, [/unknown key: goto .*hnlich\. at .*deutsch/, /unknown key: goto dream \(and 2 more .*\)\. at .*norsk/],
    'with a warning for the gotos in them that lead nowhere');
  t.end();
});

void t.test('what is said about a bad script names the program', (t) => {
  const program = new URL('../tools/eliza.js', import.meta.url).pathname;
  const file = join(dir, 'bad.txt');
  writeFileSync(file, 'decomp: *\n');
  const { stderr, status } = spawnSync(process.execPath, [program, '--script', file], { encoding: 'utf8', input: '' });
  t.equal(stderr, `${program}: error parsing script:  decomposition rule with no keyword. at ${file} line 1.\n`,
    'program, fault, file and line');
  t.equal(status, 2, 'the status is 2');
  t.end();
});
