#!/usr/bin/env node
/**
 * `npm run exercise 3`: begins an exercise of docs/exercises.md in a scratch copy, and from then on runs its test there.
 *
 * The page says what an exercise is called, what to read and what to edit; docs/exercises/ has its test and what it
 * starts from. A copy is the student's: it is never written to again, but by the compiler.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import {
  cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { cwd, env, execPath, exit, stdout } from 'node:process';
import { leave_nothing } from './common/cleanup.ts';
import { command_line } from './common/command.ts';
import { root } from './common/processes.ts';

const HELP = `Usage: npm run exercise -- [NUMBER [FOLDER]]

Begins an exercise of docs/exercises.md in a copy of the project, and from then on runs its test there. Without a number it
lists them, and how far you are.

  FOLDER     where the copy is; without it exercises/NUMBER in the checkout
  --help     print this and end
  --version  print the version and end
`;

const TEST = 'exercise.t.ts';
const SOLVED = '.solved'; // left in a copy by a test that has passed
const here = env.INIT_CWD ?? cwd(); // npm goes to the checkout, and says where it came from

/** What a copy has of the project: the mirror and what it needs, and what compiles, lints and tests it. */
const PARTS = [
  'eliza_hup.ts', 'Daemon.ts', 'Chatbot', 'perl', 't/answers.ts', 't/harness.ts', 't/syslogd.ts', 'tools/common',
  'package.json', 'tsconfig.json', 'eslint.config.js',
];

/** An exercise, as the page has it. */
interface Exercise {
  readonly number: number;
  readonly title: string;
  /** What to read first. */
  readonly read: string;
  /** What to edit, by its path in the copy. */
  readonly edit: string;
  /** Where its files are. */
  readonly folder: string;
}

const { words: typed, refuse } = command_line({ name: 'exercise', help: HELP, words: 2, options: {} });

/** The exercises, in order. */
function exercises(): Exercise[] {
  const page = readFileSync(join(root, 'docs', 'exercises.md'), 'utf8');
  const folders = readdirSync(join(root, 'docs', 'exercises'));
  return page.split(/^## (?=\d+\. )/m).slice(1).map((section) => {
    const [, number = '', title = ''] = /^(\d+)\. (.*)$/m.exec(section) ?? [];
    const line = (name: string): string => new RegExp(`^- ${name}: (.*)$`, 'm').exec(section)?.[1] ?? '';
    const plain = line('Read').replaceAll(/\[([^\]]*)\]\(([^)]*)\)/g, 'docs/$2').replaceAll('`', '');
    const folder = folders.find((name) => name.startsWith(`${number.padStart(2, '0')}-`)) ?? '';
    const edit = line('Edit').replaceAll('`', '');
    return { number: Number(number), title, read: plain, edit, folder: join(root, 'docs', 'exercises', folder) };
  });
}

/** A path as one would type it here. */
function shown(path: string): string {
  const short = relative(here, path);
  return short.startsWith('..') ? path : short;
}

/** Copies a file, or a folder's files; what they import of the project stands beside them, or below, in a copy. */
function put(from: string, to: string): void {
  if (statSync(from).isDirectory()) {
    for (const name of readdirSync(from)) if (!/\.js(?:\.map)?$/.test(name)) put(join(from, name), join(to, name));
    return;
  }
  mkdirSync(dirname(to), { recursive: true });
  const ours = from.startsWith(join(root, 'docs', 'exercises'));
  if (ours) writeFileSync(to, readFileSync(from, 'utf8').replaceAll(/'(?:\.\.\/){3,}/g, "'./"));
  else cpSync(from, to);
}

function begin({ number, title, read, edit, folder }: Exercise, copy: string, command: string): void {
  try {
    for (const part of PARTS) put(join(root, part), join(copy, part));
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    if (existsSync(join(folder, 'starter'))) put(join(folder, 'starter'), copy);
    put(join(folder, TEST), join(copy, TEST)); // last: it makes the copy one that can be tested
  } catch (error) {
    refuse(`${error instanceof Error ? error.message : String(error)}; a folder of yours can be named after the number`);
  }
  stdout.write([
    `Exercise ${number}: ${title}`,
    `  read  docs/exercises.md, number ${number}; then ${read}`,
    `  edit  ${edit.split(', ').map((file) => shown(join(copy, file))).join(', ')}`,
    `  test  ${command}`,
    '',
  ].join('\n'));
}

/** Compiles a copy and runs its test. @returns the status to end with */
async function test({ number }: Exercise, copy: string): Promise<number> {
  leave_nothing();
  const run = (...args: string[]): Promise<number> => new Promise((resolve, reject) => {
    const child = spawn(execPath, args, { cwd: copy, stdio: 'inherit', env: { ...env, TAP_TIMEOUT: '120' } });
    child.once('error', reject).once('close', (status) => { resolve(status ?? 1); });
  });
  const kept = `Your work in ${shown(copy)} is kept; to begin again, remove that folder.`;
  rmSync(join(copy, SOLVED), { force: true });
  const tsc = join(copy, 'node_modules', 'typescript', 'bin', 'tsc');
  if (await run(tsc, '-p', copy, '--sourceMap', '--incremental', '--tsBuildInfoFile', join(copy, '.tsbuildinfo')) !== 0) {
    stdout.write(`\nExercise ${number} does not compile yet: see the lines above. ${kept}\n`);
    return 1;
  }
  if (await run('--enable-source-maps', join(copy, TEST.replace(/ts$/, 'js'))) !== 0) {
    stdout.write(`\nExercise ${number} is not solved yet: see what is "not ok". ${kept}\n`);
    return 1;
  }
  writeFileSync(join(copy, SOLVED), '');
  stdout.write(`\nExercise ${number} is solved.\n`);
  return 0;
}

/** Where the copies are, unless a folder is named. */
function copy_of(number: number): string {
  return join(root, 'exercises', String(number));
}

function list(): void {
  for (const { number, title } of exercises()) {
    const copy = copy_of(number);
    const state = !existsSync(copy) ? 'not begun' : existsSync(join(copy, SOLVED)) ? 'solved' : 'begun';
    stdout.write(`${String(number).padStart(2)}  ${title.padEnd(36)}${state}\n`);
  }
  stdout.write('\nnpm run exercise NUMBER begins one, and from then on runs its test.\n');
}

async function main([word, named]: readonly string[]): Promise<number> {
  if (word === undefined) {
    list();
    return 0;
  }
  const all = exercises();
  const exercise = all.find(({ number }) => String(number) === word)
    ?? refuse(`there is no exercise ${word}; they are 1 to ${all.length}`);
  const copy = named === undefined ? copy_of(exercise.number) : resolve(here, named);
  if (!existsSync(copy)) {
    begin(exercise, copy, `npm run exercise ${word}${named === undefined ? '' : ` ${named}`}`);
    return 0;
  }
  const file = join(copy, TEST);
  if (!existsSync(file) || !readFileSync(file, 'utf8').includes(`Exercise ${word}: `)) {
    refuse(`${shown(copy)} is there already, and is no copy of exercise ${word}; remove it, or name another folder`);
  }
  return await test(exercise, copy);
}

stdout.on('error', () => { exit(0); }); // whoever read it, head perhaps, has read enough
process.exitCode = await main(typed);
