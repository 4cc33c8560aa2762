/**
 * What the rows of `npm run matrix` share: commands that take long, Debian systems, and rows as they come.
 *
 * @module
 */
import { type Outcome, run } from './common/processes.ts';
import { progress } from './common/terminal.ts';
import type { Row } from './matrix-row.ts';

/** What a system needs for the daemon's tests, beside what every Debian has. */
const PACKAGES = [
  'nodejs', 'perl', 'telnet', 'netcat-openbsd', 'bsdutils', 'util-linux', 'procps', 'iproute2', 'strace',
  'libchatbot-eliza-perl',
];

/** A row, and the system that it is about. */
export interface Named {
  readonly name: string;
  readonly row: Row;
}

const FOUR_HOURS = 4 * 3600 * 1000;

/** How a command has failed, with the end of what it has said. */
function failure(what: string, { status, signal, stdout, stderr }: Outcome): Error {
  return new Error(`${what}: ${signal ?? `status ${String(status)}`}\n${(stdout + stderr).slice(-1000)}`);
}

/** Runs a command, however long it takes, and shows on a terminal the last line that it has said. */
async function long(what: string, [command = '', ...args]: readonly string[], cwd?: string): Promise<Outcome> {
  return run(command, args, {
    ...cwd === undefined ? {} : { cwd }, deadline: FOUR_HOURS,
    listen: (text) => { progress(`${what}: ${text.slice(-200).trimEnd().split(/[\r\n]+\s*/).at(-1) ?? ''}`); },
  });
}

/**
 * Runs a command that must go well.
 *
 * @param what what it is for, in words
 * @param words the command
 * @param cwd where, if not here
 * @throws Error with the end of what it has said, where it fails
 */
export async function must(what: string, words: readonly string[], cwd?: string): Promise<void> {
  const outcome = await long(what, words, cwd);
  if (outcome.status !== 0) throw failure(what, outcome);
}

/**
 * Makes a Debian system.
 *
 * @param suite which
 * @param to where: a folder, or a file that ends in .tar
 * @param more for mmdebstrap, and more packages
 */
export async function bootstrap(suite: string, to: string, more: string[] = [], packages: string[] = []): Promise<void> {
  await must(`Debian ${suite}`, [
    'mmdebstrap', '--mode=root', '--variant=minbase', `--include=${[...PACKAGES, ...packages].join()}`,
    '--aptopt=Acquire::Check-Valid-Until "false"', // a mirror that has stood still for some weeks will do
    ...more, suite, to, ...process.env['DEBIAN_MIRROR'] === undefined ? [] : [process.env['DEBIAN_MIRROR']],
  ]);
}

/**
 * Runs what prints rows.
 *
 * @param what what it is, in words
 * @param words the command
 * @returns its rows, with that name
 * @throws Error with the end of what it has said, where there is none
 */
export async function rows_in(what: string, words: readonly string[]): Promise<Named[]> {
  const outcome = await long(what, words);
  const rows = outcome.stdout.split(/\r?\n/).filter((line) => line.startsWith('{"node":'))
    .map((line): Named => ({ name: what, row: JSON.parse(line) as Row }));
  if (rows.length > 0) return rows;
  throw failure(what, outcome);
}
