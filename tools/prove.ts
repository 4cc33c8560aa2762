/**
 * `npm run prove`: the tests under Perl's prove. `npm run prove -- t/13-term.t.js` runs that file alone, `npm run prove --
 * -s -j 4` all of them, shuffled and four at a time: whatever is no test file goes to prove as it is.
 *
 * prove starts this program again for each test file, with `--tap`. node-tap speaks TAP version 14, prove (up to 3.50) reads
 * 13: it passes over subtests, and stops at node-tap's YAML. So a failure inside a subtest is told as Test::More would: on
 * STDERR, with its name, its line, and what was expected.
 *
 * @module
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { leave_nothing } from './common/cleanup.ts';
import { command_line } from './common/command.ts';

const HELP = `Usage: npm run prove -- [PROVE'S OPTIONS] [t/NN-name.t.js ...]

Runs test files under Perl's prove, all of t/ where none is named; \`man prove\` has its options: -v shows each assertion, -s
shuffles, -j 4 runs four at a time.

  --help     print this and end
  --version  print the version and end
`;

const self = fileURLToPath(import.meta.url);
const tests = join(self, '..', '..', 't');

/** A program whose status becomes ours. @returns its process */
function start(command: string, args: string[], stdout: 'inherit' | 'pipe'): ReturnType<typeof spawn> {
  const env = { ...process.env, TAP_TIMEOUT: '300' }; // seconds; as .taprc has it
  return spawn(command, args, { env, stdio: ['ignore', stdout, 'inherit'] })
    .once('error', (error) => {
      console.error(`prove: ${error.message}`);
      process.exitCode = 2;
    })
    .once('close', (status) => { process.exitCode ??= status ?? 255; });
}

/** What node-tap knows of a failure, beside its name. */
interface Failure {
  at?: { fileName?: string; lineNumber?: number };
  diff?: string;
  found?: unknown;
  wanted?: unknown;
}

/** Tells of a failure in the words of Test::More, in one write: the test writes to the same STDERR, at the same time. */
function tell(name: string, yaml: string): void {
  const { at, diff, found, wanted } = (parse(yaml) ?? {}) as Failure;
  const lines = [`  Failed test '${name.replaceAll('\\#', '#')}'`];
  if (at?.fileName !== undefined) lines.push(`  at ${at.fileName} line ${at.lineNumber ?? 0}.`);
  if (diff !== undefined) lines.push(diff.trimEnd().replaceAll(/^/gm, '    '));
  else if (found !== undefined) {
    lines.push(`         got: ${JSON.stringify(found)}`);
    if (wanted !== undefined) lines.push(`    expected: ${JSON.stringify(wanted)}`);
  }
  process.stderr.write(`${lines.join('\n').replaceAll(/^/gm, '# ')}\n`);
}

/** Translates TAP 14 to 13, line by line. */
class Translator {
  /** The names of the subtests that are open, from the outermost in. */
  readonly #open: string[] = [];
  /** The depth of the last failure, its name, and its YAML so far. */
  #failure: { depth: number; name: string; yaml: string } | undefined;
  #yaml = false;

  line(line: string): void {
    const [, indent = '', text = ''] = /^( *)(.*)$/s.exec(line) ?? [];
    if (this.#yaml) {
      if (text === '...' && indent.length % 4 === 2) this.#close();
      else if (this.#failure) this.#failure.yaml += `${line.slice(this.#failure.depth * 4 + 2)}\n`;
      return;
    }
    if (text === '---' && indent.length % 4 === 2) {
      this.#yaml = true;
      return;
    }
    this.#close();
    const depth = indent.length / 4;
    const [, result, name = ''] = /^(not ok|ok) \d+(?: - (.*?))?(?: # time=\S+)?$/.exec(text) ?? [];
    const [, subtest] = /^# Subtest: (.*)$/.exec(text) ?? [];
    if (subtest !== undefined) this.#open.splice(depth, Infinity, subtest);
    if (result === undefined) {
      console.log(text === 'TAP version 14' ? 'TAP version 13' : line);
      return;
    }
    if (result === 'not ok' && this.#open.length <= depth && !name.includes(' # TODO')) { // and it is not a subtest's result
      this.#failure = { depth, name: [...this.#open, name].join(' > '), yaml: '' };
    }
    this.#open.splice(depth);
    console.log(line.replace(/ # time=\S+$/, ''));
  }

  /** Tells of the failure whose YAML is complete, if there is one. */
  #close(): void {
    this.#yaml = false;
    if (this.#failure) tell(this.#failure.name, this.#failure.yaml);
    this.#failure = undefined;
  }
}

/** Runs a test file, and has what it says translated. */
function translate(args: string[]): void {
  const translator = new Translator();
  const { stdout } = start(process.execPath, ['--enable-source-maps', ...args], 'pipe');
  if (stdout) createInterface(stdout).on('line', (line) => { translator.line(line); });
}

/** Has prove run test files. */
function run_prove(args: string[]): void {
  // All words are prove's or files; of prove's options its own module knows which it has, and passes over the others.
  const { refuse } = command_line({ name: 'prove', help: HELP, options: {}, words: Infinity, args: ['--', ...args] });
  const parser = 'my $prove = App::Prove->new; $prove->process_args(@ARGV); print map "$_\\n", @{ $prove->argv }';
  const asked = spawnSync('perl', ['-MApp::Prove', '-e', parser, '--', ...args], { encoding: 'utf8' });
  if (asked.error) refuse('prove, which comes with Perl, is not installed');
  if (asked.status !== 0) refuse((asked.stderr.split('\n')[0] ?? '').trim());
  for (const word of asked.stdout.split('\n').filter(Boolean)) {
    if (word.startsWith('-')) refuse(`Unknown option '${word}'; see --help`);
    if (!existsSync(word)) refuse(`there is no ${word}; see --help`);
  }
  const is_test = (word: string): boolean => /\.t\.[jt]s$/.test(word);
  const named = args.filter(is_test).map((file) => file.replace(/ts$/, 'js'));
  const all = readdirSync(tests).filter((name) => name.endsWith('.t.js')).sort().map((name) => relative('', join(tests, name)));
  const exec = `${process.execPath} ${relative('', self)} --tap`; // which prove splits at blanks
  leave_nothing();
  start('prove', ['--exec', exec, ...args.filter((word) => !is_test(word)), ...named.length > 0 ? named : all], 'inherit');
}

const [first, ...rest] = process.argv.slice(2);
if (first === '--tap') translate(rest);
else run_prove(process.argv.slice(2));
