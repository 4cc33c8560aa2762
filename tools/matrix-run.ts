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
 * Does something with each of a list, two at a time, in the list's order.
 *
 * @param list what it is done with
 * @param action does it
 */
export async function two_at_a_time<T>(list: readonly T[], action: (one: T) => Promise<void>): Promise<void> {
  const rest = list.values();
  const worker = async (): Promise<void> => {
    for (const one of rest) await action(one);
  };
  await Promise.all([worker(), worker()]);
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
 * Has mmdebstrap make a Debian system, of whatever kind.
 *
 * @param suite which
 * @param to its folder
 * @param options mmdebstrap's
 */
export async function debian(suite: string, to: string, options: readonly string[]): Promise<void> {
  await must(`Debian ${suite}`, [
    'unshare', '--mount', '--propagation', 'private', // what it mounts goes with it, however it ends
    'mmdebstrap', '--mode=root',
    '--aptopt=Acquire::Check-Valid-Until "false"', // a mirror that has stood still for some weeks will do
    ...options, suite, to, ...process.env['DEBIAN_MIRROR'] === undefined ? [] : [process.env['DEBIAN_MIRROR']],
  ]);
}

/**
 * Makes a Debian system on which the daemon's tests can be run.
 *
 * @param suite which
 * @param to its folder
 * @param options mmdebstrap's, where there are more
 * @param packages more packages
 */
export function bootstrap(suite: string, to: string, options: string[] = [], packages: string[] = []): Promise<void> {
  return debian(suite, to, ['--variant=minbase', `--include=${[...PACKAGES, ...packages].join()}`, ...options]);
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
