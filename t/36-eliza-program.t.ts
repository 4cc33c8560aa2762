/**
 * What a student learns here: how `npx eliza` is used. Each test is a command line and what it prints.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Eliza } from '../Chatbot/Eliza.ts';
import { folder, kept, type Outcome } from './harness.ts';

const dir = folder(t);
const program = new URL('../tools/eliza.js', import.meta.url).pathname;

function eliza(args: string[], input = ''): Outcome {
  return kept(['eliza', ...args], spawnSync(process.execPath, [program, ...args], { input, encoding: 'utf8' }));
}

void t.test('a pipe is answered without prompts', (t) => {
  const { stdout, status } = eliza([], 'hello\nbye\n');
  const [greeting, reply, farewell, end] = stdout.split('\n');
  t.ok(new Eliza().initial.includes(greeting ?? ''), 'the first line is a greeting');
  t.equal(reply, 'Good to see you. How have you been?', 'the second the reply');
  t.ok(new Eliza().final.includes(farewell ?? ''), 'the third a farewell');
  t.equal(end, '', 'and the last one ends in a newline');
  t.equal(status, 0, 'the status is 0');
  t.end();
});

void t.test('--script', (t) => {
  t.match(eliza(['--script', 'doctor.es.txt'], 'hola\n').stdout, 'Me alegra verte por aquí. ¿Cómo te ha ido?\n',
    'doctor.es.txt answers in Spanish');
  const { stderr, status } = eliza(['--script', '/nowhere']);
  t.equal(stderr, 'Could not read from file /nowhere : No such file or directory\n',
    'a script that is not there: the reason on STDERR');
  t.equal(status, 2, 'and status 2');
  t.end();
});

void t.test('--debug', (t) => {
  t.match(eliza(['--debug'], 'hello\n').stdout, '\t-1> hello\n\t\t: * : 0 hello        \n\t\t-->  Good to see you.',
    'shows keyword and rules before the reply');
  t.end();
});

void t.test('--seed', (t) => {
  const talk = (seed: string): string => eliza(['--seed', seed], 'hello\n').stdout;
  t.equal(talk('5'), talk('5'), 'the same conversation again');
  const seeds = ['1', '2', '3', '4'];
  t.ok(new Set(seeds.map(talk)).size > 1, 'another seed, another conversation');
  for (const seed of ['x', '', '1.5']) {
    const { status, stdout, stderr } = eliza(['--seed', seed]);
    t.same([status, stdout, stderr], [2, '', `eliza: --seed takes a whole number, not '${seed}'\n`],
      'a bad one is refused, in one line');
  }
  t.end();
});

void t.test('--replay', (t) => {
  const file = join(dir, 'lines.txt');
  writeFileSync(file, 'Hello\r\n\nMy cat is ill.\nGoodbye\nnot said any more\n');
  const { stdout } = eliza(['--replay', file, '--seed', '1']);
  t.match(stdout, new RegExp([
    /^Eliza:\t.*/, /you:\tHello/, /Eliza:\tGood to see you\. How have you been\?/, /you:\tMy cat is ill\./,
    /Eliza:\tYour cat is ill\. What is that like for you\?/, /you:\tGoodbye/, /Eliza:\t.*\n$/,
  ].map((line) => line.source).join('\\n')), 'the lines of the file and the replies, as far as the quit word');
  t.match(eliza(['--replay', join(dir, 'none')]), { status: 2, stderr: /^[^\n]*no such file[^\n]*\n$/ },
    'a file that is not there: status 2 and the reason');
  t.end();
});

void t.test('a script that looks wrong', (t) => {
  const file = join(dir, 'odd.txt');
  writeFileSync(file, 'key: xnone\n decomp: *\n reasmb: Go on.\nkey: a\n decomp: *\n reasmb: b\n');
  const { stdout, stderr } = eliza(['--script', file], 'a\n');
  t.equal(stdout, '\nb\n\n', 'is spoken by');
  t.match(stderr, /^[^\n]*: script warning: {2}key without a rank: xnone in line 1 \(and 1 more of the kind\); [^\n]*\n$/,
    'after one line about it');
  t.end();
});

void t.test('--help, and what there is none for', (t) => {
  t.match(eliza(['--help']), { status: 0, stdout: /^Usage: eliza/, stderr: '' }, '--help is on STDOUT, with status 0');
  t.match(eliza(['--version']), { status: 0, stdout: /^eliza-hup \d+\.\d+\.\d+\n$/, stderr: '' }, '--version too');
  t.match(eliza(['--colour']), { status: 2, stdout: '', stderr: /^eliza: Unknown option '--colour'; see --help\n$/ },
    'an unknown option is named in one line on STDERR, with status 2');
  t.end();
});

void t.test('where there is no Linux', (t) => {
  for (const platform of ['darwin', 'win32']) {
    const pretend = `data:text/javascript,Object.defineProperty(process, 'platform', { value: '${platform}' })`;
    const node = ['--import', pretend, program];
    const { status, stdout, stderr } = spawnSync(process.execPath, node, { input: 'my dog\nbye\n', encoding: 'utf8' });
    t.match(stdout, /^[^\n]+\n[^\n]+\n[^\n]+\n$/, `a greeting, a reply, a farewell on ${platform}`);
    t.same([status, stderr], [0, ''], 'status 0, and nothing on STDERR');
  }
  t.end();
});
