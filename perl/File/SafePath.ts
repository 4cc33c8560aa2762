/**
 * File::SafePath: whether somebody else could change what a path leads to. sshd asks the same, in a function safe_path, of
 * the folder that it locks a user into. Neither Perl nor CPAN has a module for it.
 *
 * @module
 */
import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { $ } from '../perlvar.ts';

/** Whose a file may be: root's, or for a user the user's own. In a user namespace root is whoever has the root folder. */
function ours({ uid }: Stats): boolean {
  return uid === 0 || uid === $['<'] || uid === lstatSync('/').uid;
}

/** Whether others may replace what is in a folder: in a sticky one, as /tmp is, each only what is theirs. */
function shared({ mode }: Stats): boolean {
  return (mode & 0o022) !== 0 && (mode & 0o1000) === 0;
}

/** As messages say it. */
const whose = (): string => $['<'] === 0 ? "root's" : "yours or root's";

const LINKS = 40; // as many as the kernel follows

/**
 * Follows a path to a folder and looks at each folder and each link on the way.
 *
 * @param path an absolute one
 * @returns the folder without links; undefined where it, or a folder before it, is not there
 * @throws Error that says why others could change it
 */
export function safe_folder(path: string): string | undefined {
  const rest = path.split('/').filter(Boolean);
  let [here, links] = ['/', 0];
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    const next = join(here, part);
    const found = lstatSync(next, { throwIfNoEntry: false });
    if (!found) return undefined;
    if (!ours(found)) throw new Error(`${next} must be ${whose()}`);
    if (found.isSymbolicLink()) {
      const target = readlinkSync(next);
      if (++links > LINKS) throw new Error(`${path} is a link that leads nowhere`);
      if (isAbsolute(target)) here = '/';
      rest.unshift(...target.split('/').filter(Boolean));
      continue;
    }
    if (!found.isDirectory()) throw new Error(`${next} is not a folder`);
    // A process 1 has a container to itself, whose volumes Kubernetes lets everybody write.
    if (shared(found) && $['$'] !== 1) throw new Error(`${next} must not be writable by others`);
    here = next;
  }
  return here;
}

/**
 * Looks at a folder that this process alone may write.
 *
 * @param path where it is
 * @returns whether it is a folder, and no link; this user's; and nobody else may write it, or where asked for read it
 */
export function own_folder(path: string, others: 0o022 | 0o077): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === $['<'] && (found.mode & others) === 0;
}

/**
 * Looks at a file that is to be written or replaced, where there is one, and at the folder that it is in.
 *
 * @param path an absolute one
 * @throws Error that says why it may be another's, or lead to another's
 */
export function safe_file(path: string): void {
  const folder = safe_folder(dirname(path));
  const found = folder === undefined ? undefined : lstatSync(path, { throwIfNoEntry: false });
  if (!found) return;
  if (!found.isFile()) throw new Error(`${path} is not a file`);
  if (!ours(found)) throw new Error(`${path} must be ${whose()}`);
}
