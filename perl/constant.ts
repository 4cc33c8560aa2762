/**
 * constant: what `use constant` becomes for lines 9 to 12 of eliza_hup.pl, where the environment may name another
 * value, and where a user who is not root gets one that works without root.
 *
 * Everything is checked here, before a socket or a file is opened: a wrong value ends in one line and status 2.
 *
 * @module
 */
import { chmodSync, mkdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { own_folder, safe_file, safe_folder } from './File/SafePath.ts';
import { chroot, getgrnam, getpwnam, own_group } from './perlfunc.ts';
import { checking, program } from './perlrun.ts';
import { Tainted } from './perlsec.ts';
import { $, ENV } from './perlvar.ts';

const missing: string[] = []; // the protections that are off
const instead: string[] = []; // what stands in for something that this system has not

function refuse(name: string, why: string): never {
  process.stderr.write(`${program}: ${name}: ${why}\n`);
  process.exit(2);
}

/** Does something, and refuses with the reason where that fails. */
function attempt_or_refuse(name: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    refuse(name, error instanceof Error ? error.message : String(error));
  }
}

/** The environment's value, untainted by a pattern, or undefined where it names none. */
function override(name: string, clean: RegExp, what: string): string | undefined {
  const value = ENV[name];
  if (value === undefined) return undefined;
  const text = value.match(clean)?.[0];
  return text ?? refuse(name, `"${Tainted.raw(value)}" is not ${what}`);
}

const path = /^\/[^\0\n]*$/;
const id = /^[a-z_][a-z0-9_.-]*\$?$/i;

/** `$> == 0` at the start: root, who can do what the original does. */
const is_root = (): boolean => $['>'] === 0;

/**
 * What the daemon will do of root's later is tried now, and taken back: in a user namespace that knows few ids, or a container
 * without the capability, root cannot do it, and the daemon would find that out when only its log can be told.
 */
function try_as_root(name: string, what: string, action: () => void): void {
  try {
    action();
  } catch {
    refuse(name, `root can't ${what} here: ${$['!']}; start it as an ordinary user`);
  }
}

/** Makes a folder, whatever the umask is, unless it is there; another program that starts at the same time may make it too. */
function make_folder(name: string, folder: string, mode: number): void {
  attempt_or_refuse(name, () => {
    try {
      mkdirSync(folder, { mode });
      chmodSync(folder, mode);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  });
}

/** A folder that only this user can write: the pid file of a user who is not root goes there. */
function runtime_folder(): string {
  const given = ENV.XDG_RUNTIME_DIR?.match(path)?.[0];
  if (given !== undefined && own_folder(given, 0o022)) return given;
  const folder = join(tmpdir(), `eliza_hup-${$['<']}`);
  make_folder(folder, folder, 0o700);
  if (!own_folder(folder, 0o077)) refuse(folder, 'is not yours alone; name a pid file in ELIZA_PIDFILE');
  return folder;
}

/** Writes a file beside the one that is meant and removes it: a folder that has gone, or a full disk, is found out by that. */
function try_writing(name: string, file: string): void {
  const draft = `${file}.${$['$']}.check`;
  attempt_or_refuse(`${name}: can't be written`, () => {
    writeFileSync(draft, String($['$']), { flag: 'wx' });
    unlinkSync(draft);
  });
}

/** Says on STDERR, a line each, what another value stands in for, and which protections only root could have had. */
export function report_missing(): void {
  if (missing.length > 0) process.stderr.write(`${program}: not root: ${missing.join('; ')}\n`);
  for (const line of instead) process.stderr.write(`${program}: ${line}\n`);
  missing.length = instead.length = 0;
}

/** One method a constant: what the environment names, or the original's value, checked. */
export const constant = {
  /**
   * The pid file. One that is not this user's or root's, or leads elsewhere, is refused.
   *
   * @param name the variable that overrides it
   * @param value the original's
   * @returns a path; for a user who is not root, in a folder of that user's
   */
  pidfile(name: string, value: string): string {
    const file = override(name, path, 'an absolute path') ?? (is_root() ? value : join(runtime_folder(), basename(value)));
    attempt_or_refuse(name, () => { safe_file(file); });
    if (checking) try_writing(name, file);
    return file;
  },

  /**
   * The user that the daemon becomes.
   *
   * @param name the variable that overrides it
   * @param value the original's
   * @returns the user's name; undefined, where not root started it, for no change
   */
  user(name: string, value: string): string | undefined {
    const user = override(name, id, "a user's name") ?? (is_root() ? value : undefined);
    if (user === undefined) {
      missing.push('no change of user: conversations run as you');
      return undefined;
    }
    const uid = getpwnam(user) ?? refuse(name, `there is no user ${user}`);
    if (!is_root()) refuse(name, `only root can become ${user}`);
    try_as_root(name, `become ${user}`, () => {
      $['>'] = uid;
      $['>'] = $['<'];
    });
    return user;
  },

  /**
   * The group that the daemon becomes. Debian's `nogroup` has no counterpart in Fedora or Arch: nobody's own group stands in.
   *
   * @param name the variable that overrides it
   * @param value the original's
   * @returns the group's name; undefined, where not root started it, for no change
   */
  group(name: string, value: string): string | undefined {
    let group = override(name, id, "a group's name");
    if (group === undefined && is_root()) {
      group = getgrnam(value) === undefined ? own_group('nobody') ?? value : value;
      if (group !== value) instead.push(`no group ${value} here, so conversations have nobody's own: ${group}`);
    }
    if (group === undefined) {
      missing.push('no change of group');
      return undefined;
    }
    const gid = getgrnam(group) ?? refuse(name, `there is no group ${group}`);
    if (!is_root()) refuse(name, `only root can become ${group}`);
    const before = $[')'];
    try_as_root(name, `become ${group}`, () => {
      $[')'] = `${gid} ${gid}`;
      $[')'] = before;
    });
    return group;
  },

  /**
   * The folder that children are locked into. It is made, root's and 0755, where its parent lacks it; as sshd does, one
   * that another user could change, or replace by changing a folder or a link on the way to it, is refused.
   *
   * @param name the variable that overrides it
   * @param value the original's
   * @returns the folder; undefined, where not root started it, for no chroot
   */
  home(name: string, value: string): string | undefined {
    const home = override(name, path, 'an absolute path') ?? (is_root() ? value : undefined);
    if (home === undefined) {
      missing.push('no chroot');
      return undefined;
    }
    if (!is_root()) refuse(name, `only root can lock children into ${home}`);
    try_as_root(name, `lock children into ${home}`, () => {
      if (!chroot('/')) throw new Error(); // where it is already
    });
    attempt_or_refuse(name, () => {
      let folder = safe_folder(home);
      if (folder === undefined) {
        make_folder(name, home, 0o755);
        folder = safe_folder(home);
      }
      if (folder === '/') throw new Error('/ would lock nobody in');
      if (folder === undefined || !own_folder(folder, 0o022)) {
        throw new Error(`${home} must be root's, and writable by root alone`);
      }
    });
    return home;
  },

  /**
   * A number.
   *
   * @param name the variable that sets it
   * @param value the default
   * @returns a whole number from 1 on
   */
  number(name: string, value: number): number {
    return Number(override(name, /^[1-9]\d{0,8}$/, 'a whole number from 1 on') ?? value);
  },

  /**
   * The script that ELIZA speaks by, as eliza's --script takes it: a bare name is also looked for in the package.
   *
   * @param name the variable that names it
   * @returns a path, or undefined for the package's own
   */
  script(name: string): string | undefined {
    return override(name, /^[^\0\n]*$/, 'a path');
  },
};
