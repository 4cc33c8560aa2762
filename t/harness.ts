/**
 * What the tests share: to start the real daemon, talk to it, look at it in /proc, read its log, and end it.
 *
 * Every wait is for a condition, with a deadline. Most of it is in tools/common/, since the benches and the tools do the
 * same; a test finds all of it here.
 *
 * @module
 */
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { has_log } from '../tools/common/daemon.ts';
import { copy_files, is_root, root, said } from '../tools/common/processes.ts';

export type { Owner as Test } from '../tools/common/cleanup.ts';
export { type Daemon, folder, home_in, log_daemon, type Settings, start } from '../tools/common/daemon.ts';
export { Client, free_port, port_of } from '../tools/common/network.ts';
export {
  as_nobody, at_rest, children, descriptors, environment, freeze, has_ended, installed, is_root, is_running, kept,
  kill_all_with, no_chatbot_eliza, nobody, type Outcome, pid_exists, pid_in, root, run, send, status, terminate, ticks, until,
} from '../tools/common/processes.ts';

if (/\.t\.[jt]s$/.test(process.argv[1] ?? '')) { // a failure shows what the commands before it have said
  const { t } = await import('tap');
  t.on('assert', ({ ok, todo }: { ok: boolean; todo: boolean | string }) => {
    if (!ok && todo === false) process.stderr.write(said.splice(0).join(''));
  });
}

/** Whether t/long runs a file of t/, which then does what takes long too. */
export const long = process.env['ELIZA_LONG'] !== undefined;

/** Who runs the daemon in a test: root where root runs the tests, and an ordinary user always. */
export const users: { name: string; settings: { user?: 'nobody' } }[] = is_root
  ? [{ name: 'as root', settings: {} }, { name: 'as an ordinary user', settings: { user: 'nobody' } }]
  : [{ name: 'as an ordinary user', settings: {} }];

/** The first of {@link users}, for a test that takes seconds: who runs all of the tests as both, as CI does, has both. */
export const one_user = users.slice(0, 1);

/** Why a test that reads the log is skipped, or false. */
export const needs_log = has_log ? false : 'this machine has a /dev/log, and only root can give the daemon another';

/** Why a test that only root can do is skipped, or false. */
export const needs_root = is_root ? false : 'only root can do this';

/** @returns why this machine has no large pages, or false */
export function no_large_pages(): string | false {
  const thp = '/sys/kernel/mm/transparent_hugepage/enabled';
  if (!existsSync(thp) || readFileSync(thp, 'latin1').includes('[never]')) return 'this kernel gives no large pages';
  const free = readFileSync('/proc/buddyinfo', 'latin1').trim().split('\n')
    .map((zone) => zone.trim().split(/ +/).slice(4 + 9).reduce((sum, pieces) => sum + Number(pieces), 0)); // of 2 MB or more
  return Math.max(...free) > 100 ? false : 'this machine has no memory left in large pieces';
}

/** A script of few words; more of its keys may follow. */
export const few_words = (initial = 'Hello.', keys = ''): string =>
  `initial: ${initial}\nfinal: Gone.\nquit: bye\nkey: xnone\n  decomp: *\n    reasmb: Go on.\n${keys}`;

/** Gives a copy of the project the packages of the checkout. */
function link_packages(copy: string): void {
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
}

/**
 * Copies the compiled program, so that a test can edit it.
 *
 * @param to the folder that is to have it, which need not be there yet
 * @param packages whether the copy finds the packages that it needs
 * @returns the path of the copied eliza_hup.js
 */
export function copy_program(to: string, { packages = true } = {}): string {
  for (const part of ['eliza_hup.js', 'Daemon.js', 'package.json', 'perl', 'Chatbot']) {
    cpSync(join(root, part), join(to, part), { recursive: true });
  }
  if (packages) link_packages(to);
  return join(to, 'eliza_hup.js');
}

/**
 * Changes a file of a copy.
 *
 * @param file its path
 * @param place what is changed there
 * @param change gives what stands in its place
 * @throws Error where there is no such place: a test would look at what it has not changed
 */
export function edit(file: string, place: RegExp, change: (found: string) => string): void {
  const text = readFileSync(file, 'utf8');
  if (!place.test(text)) throw new Error(`${file} has no ${String(place)}`);
  writeFileSync(file, text.replace(place, (found) => change(found)));
}

/**
 * Copies the checkout, and links its packages.
 *
 * @param to the folder that is to be the copy
 * @param skip what else the copy does not have, see {@link copy_files}
 */
export function copy_checkout(to: string, skip?: RegExp): void {
  copy_files(to, skip);
  link_packages(to);
}
