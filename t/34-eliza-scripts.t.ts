/**
 * What a student learns here: to distrust one's input, even a script of one's own. A bad script is refused when it is
 * read, with file and line, where the Perl would find out in the middle of a conversation, or go round for ever.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { Eliza } from '../Chatbot/Eliza.ts';
import { no_perl, SCRIPTS } from './eliza-oracle.ts';

const folder = mkdtempSync(join(tmpdir(), 'eliza-'));
t.teardown(() => { rmSync(folder, { recursive: true }); });
const XNONE = 'initial: Hello.\nfinal: Goodbye.\nkey: xnone -1\n  decomp: *\n    reasmb: Go on.\n'; // five lines
let count = 0;

/** Writes a script, makes a bot of it, and gives what was said about it. */
function tell(script: string): { message: string; warnings: string[]; file: string } {
  const file = join(folder, `${++count}.txt`);
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
  dies('a goto to itself', `${XNONE}key: a 0\n decomp: *\n reasmb: goto a\n`, 'goto circle: a, a', 8);
  const twins = 'key: a 0\n decomp: a\n reasmb: goto xnone\n decomp: *\n reasmb: goto b\n'
    + 'key: b 0\n decomp: *\n reasmb: goto a\n';
  dies('a goto circle by one rule of several', XNONE + twins, 'goto circle: a, b, a', 10);
  dies('a goto circle', `${XNONE}key: a 0\n decomp: *\n reasmb: goto b\nkey: b 0\n decomp: *\n reasmb: GOTO a\n`,
    'goto circle: a, b, a', 8);
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
  refuses('no word at all', 'pre:', 'an empty one is, in Perl, whatever matched last');
  t.end();
});

void t.test('a file that cannot be read', (t) => {
  const file = join(folder, 'none.txt');
  t.throws(() => new Eliza('Eliza', file), { message: `Could not read from file ${file} : No such file or directory\n` },
    'that is not there');
  t.throws(() => new Eliza('Eliza', folder), { message: `Could not read from file ${folder} : Is a directory\n` },
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
  t.same(tell(`${XNONE}key: a 0\n decomp: *\n reasmb: goto b\nkey: b 0\n decomp: *\n reasmb: goto a\n reasmb: c\n`),
    { message: '', warnings: [], file: join(folder, `${count}.txt`) }, 'a circle with a way out is none');
  warns('a key without a rank', 'key: a\n decomp: *\n reasmb: b\n', 'key a has no rank', 6);
  warns('a rule that says nothing', 'key: a 0\n decomp: *\n', 'decomposition rule with no reassembly rule: *', 7);
  warns('a rule without synonyms', 'key: a 0\n decomp: @b\n reasmb: c\n',
    "no synonyms for @b: Can't use an undefined value as an ARRAY reference", 7);
  const silent = tell('key: xnone -1\n decomp: *\n reasmb: Go on.\n');
  t.match(silent.warnings, [/no initial line/, /no final line/], 'a script without greeting or farewell: a warning for each');
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
  for (const script of SCRIPTS.slice(0, 3)) t.ok(new Eliza('Eliza', script).transform('xnone'), `${script} answers`);
  t.equal(warnings.length, 4, 'with a warning for each goto in them that leads nowhere');
  t.match(warnings.join(), /goto dream\. at .*norsk\.txt line 136/, 'one of them says what and where');
  t.end();
});

void t.test('what is said about a bad script names the program', (t) => {
  const program = new URL('../tools/eliza.js', import.meta.url).pathname;
  const file = join(folder, 'bad.txt');
  writeFileSync(file, 'decomp: *\n');
  const { stderr, status } = spawnSync(process.execPath, [program, '--script', file], { encoding: 'utf8', input: '' });
  t.equal(stderr, `${program}: error parsing script:  decomposition rule with no keyword. at ${file} line 1.\n`,
    'program, fault, file and line');
  t.equal(status, 2, 'the status is 2');
  t.end();
});
