/**
 * perlvar: Perl's predefined variables, glyph for glyph. `$>` is `$['>']`, `$0` is `$['0']`, `@ARGV` and `%ENV` are
 * ARGV and ENV. Reading or setting one of the ids is the system call that Perl would make.
 *
 * @module
 */
import { c_errno, libc } from './libc.ts';
import { refuse_tainted, Tainted } from './perlsec.ts';

let errno = 0;
const UNCHANGED = 2 ** 32 - 1; // (uid_t) -1: leave this id as it is

/**
 * Sets `$!` where a call of the C library has failed; where it has not, `$!` stays as it was.
 *
 * @param result what the call returned: -1 for failure
 * @returns the same
 */
export function set_errno<T extends number>(result: T): T {
  if (result === -1) errno = c_errno();
  return result;
}

/**
 * Does what Node reports by an exception, and reports it by `$!`.
 *
 * @param action the call
 * @returns whether it succeeded
 */
export function attempt(action: () => void): boolean {
  try {
    action();
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'errno' in error && typeof error.errno === 'number')) throw error;
    errno = -error.errno;
    return false;
  }
}

/**
 * Perl ignores a failed assignment to an id unless the program looks; a daemon that stays root by mistake is
 * worse than one that stops, so ours looks.
 */
function or_throw(result: number, what: string): void {
  if (set_errno(result) === -1) throw new Error(`Can't set ${what}: ${$['!']}`);
}

/** The punctuation variables that the listing uses. */
export const $ = {
  /** `$$`, `$PROCESS_ID` in English.pm: asked for each time, since fork changes it. */
  get '$'(): number {
    return libc().getpid();
  },

  /** `$0`, `$PROGRAM_NAME`: the program's path. */
  get '0'(): Tainted<string> {
    return new Tainted(process.argv[1] ?? '-');
  },

  /** `$^X`, `$EXECUTABLE_NAME`: the path of the interpreter, here node. */
  get '^X'(): string {
    return process.execPath;
  },

  /** `$!`, `$OS_ERROR`: the last system error as text; set it by number. */
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

  /** `$@`, `$EVAL_ERROR`: why the last constructor gave nothing. */
  '@': '',

  /** `$?`, `$CHILD_ERROR`: the wait status of the child that waitpid gave last. */
  '?': 0,

  /** `$|`, `$OUTPUT_AUTOFLUSH`: 1 sends each print to STDOUT at once. */
  '|': 0 as 0 | 1,

  /** `$<`, `$REAL_USER_ID`. Setting it sets the saved one too, as setreuid(2) does: what was there cannot come back. */
  get '<'(): number {
    return process.getuid?.() ?? 0;
  },
  /**
   * Sets it.
   *
   * @param uid the new one
   */
  set '<'(uid: number) {
    refuse_tainted('setruid', uid);
    or_throw(libc().setresuid(uid, UNCHANGED, $['>']), 'real uid');
  },

  /** `$>`, `$EFFECTIVE_USER_ID`. The saved one stays, so that root can be regained. */
  get '>'(): number {
    return process.geteuid?.() ?? 0;
  },
  /**
   * Sets it.
   *
   * @param uid the new one
   */
  set '>'(uid: number) {
    refuse_tainted('seteuid', uid);
    if (uid !== $['>']) or_throw(libc().setresuid(UNCHANGED, uid, UNCHANGED), 'effective uid');
  },

  /**
   * `($<, $>) = (real, effective)`: both at once, in one call, so that neither assignment stands in the other's way.
   *
   * @param real the real uid
   * @param effective the effective uid; the saved one stays
   */
  set_uids(real: number, effective: number): void {
    or_throw(libc().setresuid(real, effective, UNCHANGED), 'uids');
  },

  /** `$(`, `$REAL_GROUP_ID`. */
  get '('(): number {
    return process.getgid?.() ?? 0;
  },
  /**
   * Sets it.
   *
   * @param gid the new one
   */
  set '('(gid: number) {
    refuse_tainted('setrgid', gid);
    or_throw(libc().setresgid(gid, UNCHANGED, process.getegid?.() ?? gid), 'real gid');
  },

  /** `$)`, `$EFFECTIVE_GROUP_ID`: the effective gid, then the supplementary groups, in one string: `"65534 65534"`. */
  get ')'(): string {
    return [process.getegid?.(), ...(process.getgroups?.() ?? [])].join(' ');
  },
  /**
   * Sets them.
   *
   * @param list the new ones, in the same form
   */
  set ')'(list: string) {
    refuse_tainted('setegid', list);
    const [gid = UNCHANGED, ...groups] = list.split(' ').map(Number);
    or_throw(libc().setgroups(groups.length, Uint32Array.from(groups)), 'groups');
    or_throw(libc().setresgid(UNCHANGED, gid, UNCHANGED), 'effective gid');
  },
};

/** `@ARGV`: the program's arguments, which perlrun.ts puts here when it has taken its own switches from among them. */
export const ARGV: Tainted<string>[] = [];

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
    refuse_tainted('environment', value);
    process.env[String(name)] = String(value);
    return true;
  },
  deleteProperty: (_, name) => Reflect.deleteProperty(process.env, name),
});
