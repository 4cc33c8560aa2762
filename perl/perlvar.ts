/**
 * perlvar: Perl's predefined variables, glyph for glyph. `$>` is `$['>']`, `$0` is `$['0']`, `@ARGV` and `%ENV` are
 * ARGV and ENV. Reading or setting one of the ids is the system call that Perl would make.
 *
 * @module
 */
import { c_errno, libc } from './libc.ts';
import { secure, Tainted } from './perlsec.ts';
import { remember } from './rehearsal.ts';

let errno = 0;
const keep = 2 ** 32 - 1; // (uid_t) -1: leave this id as it is

/**
 * Takes note of a system call's failure, as the C library does for Perl.
 *
 * @param result what the call returned: -1 for failure
 * @returns the same
 */
export function note<T extends number>(result: T): T {
  if (result === -1) errno = c_errno();
  return result;
}

/**
 * Perl ignores a failed assignment to an id unless the program looks; a daemon that stays root by mistake is
 * worse than one that stops, so ours looks.
 */
function must(result: number, what: string): void {
  if (note(result) === -1) throw new Error(`Can't set ${what}: ${$['!']}`);
}

/** The punctuation variables that the listing uses. */
export const $ = {
  /** `$$`: the process id, asked anew each time, since fork changes it. */
  get '$'(): number {
    return libc().getpid();
  },

  /** `$0`: the program's path. */
  get '0'(): Tainted<string> {
    return new Tainted(process.argv[1] ?? '-');
  },

  /** `$^X`: the path of the interpreter, here node. */
  get '^X'(): string {
    return process.execPath;
  },

  /** `$!`: the last system error as text; set it by number. */
  get '!'(): string {
    return errno === 0 ? '' : libc().strerror(errno);
  },
  /**
   * Sets it by number.
   *
   * @param value an errno
   */
  set '!'(value: number) {
    errno = value;
  },

  /** `$!` in numeric context. */
  get 'errno'(): number {
    return errno;
  },

  /** `$@`: why the last constructor gave nothing. */
  '@': '',

  /** `$|`: 1 sends each print to STDOUT at once. */
  '|': 0 as 0 | 1,

  /** `$<`: the real uid. Setting it sets the saved one too, as setreuid(2) does: what was there cannot come back. */
  get '<'(): number {
    return process.getuid?.() ?? 0;
  },
  /**
   * Sets it.
   *
   * @param uid the new one
   */
  set '<'(uid: number) {
    secure('setruid', uid);
    must(libc().setresuid(uid, keep, $['>']), 'real uid');
  },

  /** `$>`: the effective uid. The saved one stays, so that root can be regained. */
  get '>'(): number {
    return process.geteuid?.() ?? 0;
  },
  /**
   * Sets it.
   *
   * @param uid the new one
   */
  set '>'(uid: number) {
    secure('seteuid', uid);
    if (uid !== $['>']) must(libc().setresuid(keep, uid, keep), 'effective uid');
  },

  /**
   * `($<, $>) = (real, effective)`: both at once, in one call, so that neither assignment stands in the other's way.
   *
   * @param real the real uid
   * @param effective the effective uid; the saved one stays
   */
  set_uids(real: number, effective: number): void {
    must(libc().setresuid(real, effective, keep), 'uids');
  },

  /** `$(`: the real gid. */
  get '('(): number {
    return process.getgid?.() ?? 0;
  },
  /**
   * Sets it.
   *
   * @param gid the new one
   */
  set '('(gid: number) {
    secure('setrgid', gid);
    must(libc().setresgid(gid, keep, process.getegid?.() ?? gid), 'real gid');
  },

  /** `$)`: the effective gid, then the supplementary groups, in one string: `"65534 65534"`. */
  get ')'(): string {
    return [process.getegid?.(), ...(process.getgroups?.() ?? [])].join(' ');
  },
  /**
   * Sets them.
   *
   * @param list the new ones, in the same form
   */
  set ')'(list: string) {
    secure('setegid', list);
    const [gid = keep, ...groups] = list.split(' ').map(Number);
    must(libc().setgroups(groups.length, Uint32Array.from(groups)), 'groups');
    must(libc().setresgid(keep, gid, keep), 'effective gid');
  },
};

remember(() => {
  const autoflush = $['|'];
  return () => { $['|'] = autoflush; };
});

const words = typeof process === 'undefined' ? [] : process.argv.slice(2); // a browser has none

/** `@ARGV`: the program's arguments, without the switches that perlrun.ts took. */
export const ARGV: Tainted<string>[] = words.map((word) => new Tainted(word));

/** The type of {@link ENV}: what comes out is tainted, what goes in is not. */
export interface Env {
  [name: string]: Tainted<string> | undefined;
  /** Where commands are looked for. */
  get PATH(): Tainted<string> | undefined;
  /**
   * Sets it.
   *
   * @param value folders, with colons between
   */
  set PATH(value: string);
}

/** `%ENV`: the environment. */
export const ENV: Env = new Proxy(Object.create(null) as Env, {
  get: (_, name) => {
    const value = process.env[String(name)];
    return value === undefined ? undefined : new Tainted(value);
  },
  set: (_, name, value: unknown) => {
    secure('environment', value);
    process.env[String(name)] = String(value);
    return true;
  },
  deleteProperty: (_, name) => Reflect.deleteProperty(process.env, name),
});
