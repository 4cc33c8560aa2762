/**
 * The exercises of docs/exercises.md: each test fails on what a student is given, for the reason it says, and passes with
 * the solution in docs/exercises/.
 *
 * A student learns that a test proves nothing until it has been seen to fail.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Client, environment, folder, long, type Outcome, root, run, start } from './harness.ts';
import { wrong_answers } from './wrong-answers.ts';

const files = join(root, 'docs', 'exercises');
const names = readdirSync(files).sort();
const page = readFileSync(join(root, 'docs', 'exercises.md'), 'utf8');
const titles = [...page.matchAll(/^## \d+\. (.*)$/gm)].map(([, title = '']) => title);

/** What a test says of what a student is given. */
const missing = [
  'question 1 has an answer',
  'question 1 has an answer',
  'the first line that a client sees names its address',
  'USR2 has a handler',
  'a conversation that ended with bye: the log has "Conversation PID lasted N ms"',
  '"I sent HUP to my server." is answered with the signal, and with "your server"',
  'it ends when its last child has ended',
  'the second client is told: The server is going down.',
  'perl/perl.ts exports alarm',
  'quoted.ts is still to be written',
  'HUP: the log has "The rules have been read again"',
  'after a bye the log has "Conversation PID ended with status 0"',
  'one of the second port',
  'the third one is told to come back',
  'a child: TERM, as soon as it is born, ends it',
];

/** The command, of this checkout or of another. */
async function exercise(args: string[], checkout = root): Promise<Outcome> {
  const program = join(checkout, 'tools', 'exercise.js');
  const { stdout, ...rest } = await run(process.execPath, [program, ...args], { env: environment({ INIT_CWD: checkout }) });
  return { ...rest, stdout: Buffer.from(stdout, 'latin1').toString('utf8') };
}

/** Puts a solution into a copy. @returns the files that it patches */
async function solve(number: number, copy: string): Promise<string[]> {
  const from = join(files, names[number - 1] ?? '');
  const wanted = existsSync(join(from, 'solution')) ? readdirSync(join(from, 'solution')) : [];
  for (const name of wanted.filter((name) => !/\.js(?:\.map)?$/.test(name))) {
    const text = readFileSync(join(from, 'solution', name), 'utf8');
    writeFileSync(join(copy, name), text.replaceAll(/'(?:\.\.\/){3,}/g, "'./"));
  }
  if (!existsSync(join(from, 'solution.patch'))) return [];
  const patch = readFileSync(join(from, 'solution.patch'), 'utf8');
  const env = environment({ GIT_CEILING_DIRECTORIES: join(copy, '..'), HOME: copy });
  const { status, stderr } = await run('git', ['apply', '-'], { cwd: copy, env, input: patch });
  if (status !== 0) throw new Error(`solution.patch does not apply: ${stderr}`);
  return [...patch.matchAll(/^\+\+\+ b\/(.*)$/gm)].map(([, name = '']) => name);
}

t.jobs = 2; // each of them waits for other processes most of the time

const skip = !long && 'takes the compiler: t/long/46 does it';

for (const [i, title] of titles.entries()) {
  const number = i + 1;
  void t.test(`${number}. ${title}`, { buffered: true, skip }, async (t) => {
    const copy = join(folder(t), 'copy');
    const args = [String(number), copy];
    const begun = await exercise(args);
    t.same([begun.status, begun.stderr], [0, ''], 'it begins');
    const [, edit = ''] = /^ {2}edit {2}(.*)$/m.exec(begun.stdout) ?? [];
    t.equal(begun.stdout.split('\n')[0], `Exercise ${number}: ${title}`, 'its first line has number and title');
    t.same(edit.split(', ').filter((file) => !existsSync(file)), [], 'what is to be edited is there');
    t.match(begun.stdout, `npm run exercise ${number} ${copy}\n`, 'it says how to run the test');

    const before = await exercise(args);
    t.equal(before.status, 1, 'the test fails on what a student is given');
    t.match(before.stdout, new RegExp(`^ *not ok .*${missing[i] ?? 'x'}`, 'm'), 'and says what is missing');
    t.match(before.stdout, `Exercise ${number} is not solved yet`, 'and that it is not solved yet');

    const patched = await solve(number, copy);
    const after = await exercise(args);
    t.equal(after.status, 0, `with the solution it passes: ${after.stdout}${after.stderr}`);
    t.match(after.stdout, `Exercise ${number} is solved.`, 'it says so');
    if (patched.length > 0) { // otherwise npm run check has linted it
      const eslint = join('node_modules', 'eslint', 'bin', 'eslint.js');
      const { stdout } = await run(process.execPath, [eslint, ...patched], { cwd: copy });
      t.equal(stdout, '', 'the linter is content');
    }

    const wrong = wrong_answers[number] ?? [];
    t.equal(wrong.length, 3, 'there are three wrong answers');
    for (const { thought, file = 'eliza_hup.ts', changes, says } of wrong) {
      const path = join(copy, file);
      const solution = readFileSync(path, 'utf8');
      const answer = changes.reduce((text, [part, other]) => {
        const changed = typeof part === 'string' ? text.replace(part, () => other) : text.replace(part, other);
        t.not(changed, text, `${thought}: the solution has ${String(part)}`);
        return changed;
      }, solution);
      writeFileSync(path, answer);
      const { status, stdout } = await exercise(args);
      t.equal(status, 1, `${thought}: is not taken`);
      t.match(stdout, new RegExp(`^ *not ok .*${says}`, 'm'), `${thought}: the test says what is wrong`);
      t.notMatch(stdout, /^ +(?:stack|at|source):|\.js:\d/m, `${thought}: and not where its own code stands`);
      writeFileSync(path, solution);
    }
  });
}

void t.test('a mistake in what a child does ends that child alone, and is in the log', {
  buffered: true, skip,
}, async (t) => {
  const dir = folder(t);
  const copy = join(dir, 'copy');
  await exercise(['3', copy]);
  await solve(3, copy);
  const mistaken = readFileSync(join(copy, 'eliza_hup.ts'), 'utf8').replace('qq`You', '`You');
  writeFileSync(join(copy, 'eliza_hup.ts'), mistaken);
  t.equal((await exercise(['3', copy])).status, 1, 'the exercise is not solved by it');
  const { port, logged } = await start(t, { dir, program: join(copy, 'eliza_hup.js'), args: ['--foreground'], attached: true });
  for (const times of [1, 2]) {
    const client = await Client.open(port);
    await client.end();
    t.equal(client.text, '', `client ${times} hears nothing`);
    await logged(/: TypeError: a tainted string loses its mark here.* at eliza_hup\.js line \d+\.$/, times);
  }
});

void t.test('the pages and the folders agree', { buffered: true }, (t) => {
  t.equal(titles.length, 15, 'fifteen exercises');
  const spanish = readFileSync(join(root, 'docs', 'es', 'exercises.md'), 'utf8');
  const numbers = (text: string): string[] => (text.match(/^## \d+\./gm) ?? []);
  t.same(numbers(page), titles.map((_, i) => `## ${i + 1}.`), 'the headings are numbered from 1 on');
  t.same(numbers(spanish), numbers(page), 'and the Spanish ones too');
  t.same(names.map((name) => Number(name.slice(0, 2))), titles.map((_, i) => i + 1), 'a folder each');
  for (const [i, title] of titles.entries()) {
    const path = join(files, names[i] ?? '');
    const test = readFileSync(join(path, 'exercise.t.ts'), 'utf8');
    t.match(test, ` * Exercise ${i + 1}: ${title}\n`, `${path} has the title of the page`);
    t.ok(existsSync(join(path, 'solution')) || existsSync(join(path, 'solution.patch')), `${title}: it has a solution`);
  }
  t.end();
});

void t.test('without a number: all of them, and how far each is', { buffered: true }, async (t) => {
  const checkout = folder(t);
  for (const part of ['package.json', 'tools/exercise.js', 'tools/common', 'docs/exercises.md', 'docs/exercises']) {
    cpSync(join(root, part), join(checkout, part), { recursive: true });
  }
  mkdirSync(join(checkout, 'exercises', '3'), { recursive: true });
  mkdirSync(join(checkout, 'exercises', '4'));
  writeFileSync(join(checkout, 'exercises', '4', '.solved'), '');
  const { status, stdout } = await exercise([], checkout);
  t.equal(status, 0, 'the status is 0');
  t.same(stdout.split('\n').slice(0, titles.length).map((line) => line.trim().split(/ {2,}/)), titles.map((title, i) =>
    [String(i + 1), title, i === 2 ? 'begun' : i === 3 ? 'solved' : 'not begun']),
  'each has its number, its title, and how far it is');
});

void t.test('what is there is not written to', { buffered: true, skip }, async (t) => {
  const copy = join(folder(t), 'copy');
  await exercise(['3', copy]);
  const mine = 'this is not TypeScript\n';
  writeFileSync(join(copy, 'eliza_hup.ts'), mine);
  const { status, stdout } = await exercise(['3', copy]);
  t.equal(status, 1, 'the status is 1');
  t.match(stdout, /^eliza_hup\.ts.*error TS/m, 'what does not compile is said to');
  t.match(stdout, `Exercise 3 does not compile yet: see the lines above. Your work in ${copy} is kept; `
  + 'to begin again, remove that folder.\n', 'what is kept, and how to begin again, is said');
  t.equal(readFileSync(join(copy, 'eliza_hup.ts'), 'utf8'), mine, 'what the student wrote is still there');

  const refused = async (...args: string[]): Promise<string> => {
    const { status, stdout, stderr } = await exercise(args);
    t.same([status, stdout], [2, ''], `${args.join(' ')}: status 2, and nothing on STDOUT`);
    return stderr;
  };
  t.equal(await refused('4', copy), `exercise: ${copy} is there already, and is no copy of exercise 4; remove it, `
  + 'or name another folder\n', 'a folder with another exercise in it');
  t.equal(await refused('16'), 'exercise: there is no exercise 16; they are 1 to 15\n', 'a number beyond the last');
  t.equal(await refused('three'), 'exercise: there is no exercise three; they are 1 to 15\n', 'a word for a number');
  const nowhere = await refused('3', '/dev/null/copy');
  t.match(nowhere, /^exercise: ENOTDIR: [^\n]*; a folder of yours can be named after the number\n$/,
    'a place where no folder can be');
  t.equal(await refused('3', copy, 'more'), 'exercise: there is one word too many: "more"; see --help\n',
    'a word too many');
});
