/**
 * What a student learns here: what a conversation is, byte for byte, as a client of the daemon sees it; which of the
 * original's manners were kept, and which of its errors were mended (the numbers are those of docs/errata.md).
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Eliza } from '../Chatbot/Eliza.ts';
import { no_perl, SCRIPTS } from './eliza-oracle.ts';
import { folder } from './harness.ts';

const program = new URL('eliza-talk.js', import.meta.url).pathname;

/** What is answered to an input. */
function talk(input: string, script = ''): string {
  return spawnSync(process.execPath, [program, script], { input: Buffer.from(input, 'latin1'), encoding: 'latin1' }).stdout;
}

/** The same from the Perl, which needs a quit word in the end: it does not stop at the end of input (erratum 31). */
function perl_talk(input: string, script: string): string {
  const source = `
    my $random = 1;
    $SIG{__WARN__} = sub {};
    Chatbot::Eliza->new({ scriptfile => shift, myrand => sub { ($random = ($random * 69069 + 1) % 2**24) / 2**24 * $_[0] } })
      ->command_interface`;
  return spawnSync('perl', ['-MChatbot::Eliza', '-e', source, script], { input, encoding: 'latin1' }).stdout;
}

const GREETINGS = new Eliza().initial.map((line) => `Eliza:\t${line}\nyou:\t`);
const FAREWELLS = new Eliza().final.map((line) => `Eliza:\t${line}\n`);

void t.test('the protocol', (t) => {
  const output = talk('hello\nbye\n');
  const greeting = GREETINGS.find((text) => output.startsWith(text)) ?? t.fail('no greeting');
  const farewell = FAREWELLS.find((text) => output.endsWith(text)) ?? t.fail('no farewell');
  t.equal(output, `${String(greeting)}Eliza:\tGood to see you. How have you been?\nyou:\t${String(farewell)}`,
    'a greeting, the reply, a farewell, and nothing else');
  t.ok(FAREWELLS.some((text) => talk('').endsWith(`you:\t${text}`)), 'the end of input is a farewell too');
  t.match(talk('hello'), /Good to see you\. How have you been\?\nyou:\tEliza:\t.*\n$/, 'an unfinished line is answered');
  t.notMatch(talk('bye\nhello\n'), /see you/, 'after the farewell nothing is said');
  t.end();
});

void t.test('the same as the Perl says', { skip: no_perl() }, (t) => {
  const [script = ''] = SCRIPTS;
  const conversations = [
    'bye',
    "hello\nMy name is Joe, but that's my father's.\nI remember you.\nbye",
    'debug\nMy foot hurts.\ndebug\nyes\nbye',
    'My foot hurts.\nmemory\ndebug memory\ndebug that\nmemory\ndebug\nquack\ndebug\nbye',
    'memory\ndebug\nbye',
    '\n\n \nquit',
    'debug that\nwhy\ndebug that\ndebug\nbye',
    'where is the EXIT sign',
  ];
  for (const input of conversations.map((lines) => `${lines}\n`)) {
    t.equal(talk(input, script), perl_talk(input, script), `the same conversation: ${JSON.stringify(input)}`);
  }
  t.end();
});

void t.test('a script without greetings and farewells', { skip: no_perl() }, (t) => {
  const dir = folder(t);
  const script = join(dir, 'silent.txt');
  writeFileSync(script, 'quit: bye\nkey: xnone -1\n decomp: *\n reasmb: Go on.\n');
  t.equal(talk('hello\nbye\n', script), 'Eliza:\t\nyou:\tEliza:\tGo on.\nyou:\tEliza:\t\n', 'says nothing, and talks on');
  t.equal(talk('hello\nbye\n', script), perl_talk('hello\nbye\n', script), 'as the Perl does');
  t.end();
});

void t.test('debug says which line an answer was pulled for', (t) => {
  const output = talk('debug\nmy foot hurts\nquack\nquack\nbye\n');
  t.match(output, /you:\t\t\[Pulling string "my foot hurts" from memory\.\]\n[^]*foot hurts/, 'from memory');
  t.equal(output.split('[Pulling string').length, 2, 'and only then');
  t.end();
});

void t.test('a greeting is as likely as another', (t) => {
  const counts = new Map<number, number>();
  const bot = new Eliza();
  for (let i = 0; i < 4000; i++) {
    const which = Math.floor(bot.myrand(bot.initial.length));
    counts.set(which, (counts.get(which) ?? 0) + 1);
  }
  t.equal(GREETINGS.length, 4, 'there are four greetings');
  t.same([...counts.keys()].sort(), [0, 1, 2, 3], 'each comes up');
  t.ok([...counts.values()].every((count) => count > 850), 'of 4,000, each about 1,000 times');
  t.end();
});

void t.test('errata kept', (t) => {
  const dir = folder(t);
  const script = join(dir, 'exit.txt');
  writeFileSync(script, 'initial: Hello.\nfinal: Goodbye.\nquit: exit\nkey: xnone -1\n  decomp: *\n    reasmb: Go on.\n');
  t.equal(talk('where is the exit sign\nhello\n', script), 'Eliza:\tHello.\nyou:\tEliza:\tGoodbye.\n',
    '32: a quit word counts anywhere');
  t.match(talk('exits\n', script), 'Go on.', '32: but exits is none');
  t.match(talk('where is the exit\nI want to quit my job\nI never said goodbye to him\nBye!\n'),
    /^(?:Eliza:.*\nyou:\t){4}Eliza:.*\n$/, '32: doctor.txt takes leave only where the user does');
  const debug_of = (line: string): string => {
    const bot = new Eliza();
    bot.transform(line);
    return bot.debug_text;
  };
  t.match(debug_of('my button is broken'), /: \* : 0 my +\n/, '34: `but` is cut inside a word, and ends the sentence');
  const bot = new Eliza();
  bot.reasmblist.set('i\x1c* i * you *', ['<(2)|(3)>']);
  t.equal(bot.transform('i (3) you well'), '< well| well>', '35: a number in parentheses that the user typed');
  const rules = ['one', 'two', 'three', 'four', 'five'];
  bot.reasmblist.set('xnone\x1c*', rules);
  t.equal(Array.from({ length: 15 }, () => rules.indexOf(bot.transform('quack')) + 1).join(), '5,1,2,3,4,5,1,5,1,2,3,4,5,1,5',
    '36: the order of the answers');
  t.match(debug_of('i am what you are'), /^\t0> am\n/, '37: of equal ranks the first in the script');
  t.end();
});

void t.test('errata mended', (t) => {
  const script = SCRIPTS[3];
  t.match(talk('my foot hurts\nquack\nbye\n', script), /you:\tEliza:\tYour foot hurts.*\nyou:\tEliza:.*foot hurts/,
    '28: what is pulled from memory does not end the conversation');
  t.match(talk('my foot\nmemory\nhello\n'), /\t1 item\(s\) in memory stack:\n\t\t->my foot\nyou:\tEliza:\t/,
    '28: nor does `memory`');
  for (const text of ['%n', '%s%s%s', '%2147483646d', '100 %']) {
    t.ok(talk(`debug\ni am ${text}\nmy ${text} x\nmemory\nbye\n`).includes(`->my ${text} x\n`), `29: ${text} is only text`);
  }
  const line = 'i '.repeat(2048);
  t.match(new Eliza().transform(line), /./, '30: a line of 4,096 bytes that the Perl needs minutes for');
  t.match(new Eliza().transform('i am '.repeat(819)), /./, '30: and one that fits the beginning of many rules');
  t.match(talk('debug\r\nmemory\r\nbye\r\n'), /\t0 item\(s\) in memory stack:\n/, '33: CRLF ends a line');
  t.notMatch(talk('my foot\r\nbye\r\n'), /\r/, '33: and is not said back');
  t.end();
});

void t.test('bytes', (t) => {
  const dog = Buffer.from('perro ñoño €', 'utf8').toString('latin1');
  t.ok(talk(`my ${dog} x\nmemory\n`).includes(`->my ${dog} x\n`), 'UTF-8 passes unharmed');
  t.ok(talk('my \xe9\x80 x\nmemory\n').includes('->my \xe9\x80 x\n'), 'so does Latin-1');
  t.end();
});

void t.test('when the other side has gone, so has Eliza', async (t) => {
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.on('error', () => undefined); // EPIPE, when it has ended in the middle of what we say
  await once(child.stdout, 'data');
  child.stdout.destroy();
  child.stdin.write('hello\n'.repeat(10));
  const [status, signal] = await once(child, 'exit') as [number | null, string | null];
  t.same([status, signal], [0, null], 'she ends with status 0, by no signal');
});
