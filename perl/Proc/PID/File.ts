/**
 * Proc::PID::File: the daemon's pid file. Where there is one, the pid in it is whole and the daemon's.
 *
 * It is written whole, under another name, and renamed into place. The daemon holds a lock on it for as long as it
 * lives, so whether the server runs does not hang on a number that another process may have by now. It is an open file
 * description lock: it goes with the descriptor through fork, away with the process however that ends, and only who may
 * write the file can take it.
 *
 * @module
 */
import {
  closeSync, fchmodSync, fstatSync, openSync, readFileSync, renameSync, rmSync, statSync, unlinkSync, writeSync,
} from 'node:fs';
import { C, type Flock, libc } from '../../libc.ts';
import { refuse_tainted } from '../../perlsec.ts';
import { $, attempt } from '../../perlvar.ts';

export { filetest, IO_File } from '../../IO/File.ts'; // what Perl uses for the same

/** A write lock on the whole file. */
const whole: Flock = { l_type: C.F_WRLCK, l_whence: 0, l_start: 0, l_len: 0, l_pid: 0 };

/** Locks an open file, unless another process has. @returns whether it is locked now */
function lock(fd: number): boolean {
  return libc().fcntl_lock(fd, C.F_OFD_SETLK, { ...whole }) === 0;
}

/** Whether a process that may write the file has locked it. A mere reader's lock says nothing. */
function locked(fd: number): boolean {
  const found = { ...whole }; // takes the lock that stands in the way; without one its type becomes F_UNLCK
  libc().fcntl_lock(fd, C.F_OFD_GETLK, found);
  return found.l_type === C.F_WRLCK;
}

/** Whether a path still leads to an open file. */
function is_at(path: string, fd: number): boolean {
  const [there, here] = [statSync(path, { throwIfNoEntry: false }), fstatSync(fd)];
  return there?.ino === here.ino && there.dev === here.dev;
}

/** When a process began, in seconds since 1970; undefined when there is none, or only what is left of one. */
function begun(pid: number): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined; // it has ended, and its parent has not asked for it
    const ticks = Number(fields[19]);
    const boot = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'latin1'))?.[1]);
    return boot + ticks / 100;
  } catch {
    return undefined;
  }
}

/** The files that this process has made, by path. A forked child has the table too; the pid in a file says whose it is. */
const made = new Map<string, PID_File>();

/** A pid file of our own, open and locked. */
export class PID_File {
  readonly #path: string;
  readonly #mode: number;
  #fd: number;
  /** The pid in the file. */
  pid: number;

  private constructor(path: string, mode: number) {
    this.#path = path;
    this.#mode = mode;
    this.pid = $['$'];
    this.#fd = this.#write(path, this.pid);
  }

  /**
   * Makes a pid file with the pid of this process, which the daemon's will replace.
   *
   * @param path where; there must be none
   * @param mode its permissions
   * @returns the file, or undefined with `$!` set
   */
  static create(path: string, mode: number): PID_File | undefined {
    refuse_tainted('open', path);
    let file: PID_File | undefined;
    attempt(() => { file = new PID_File(path, mode); });
    if (file) made.set(path, file);
    return file;
  }

  /**
   * Whether a pid file tells of a running server: it is locked; or, written by a program that does not lock, it names a
   * process that was there when it was written. A process that is younger than the file has the number by chance, and so
   * has the one that asks: in a container each start may have the same.
   *
   * @param path the pid file
   * @param pid the pid in it
   * @returns whether that server runs
   */
  static running(path: string, pid: number): boolean {
    const fd = openSync(path, 'r');
    try {
      const [since, written] = [begun(pid), fstatSync(fd).mtimeMs];
      if (locked(fd)) return true;
      if (written > Date.now() + 1000) return false; // the clock went back: the times say nothing, and the lock says enough
      return pid !== $['$'] && since !== undefined && since <= written / 1000 + 1;
    } finally {
      closeSync(fd);
    }
  }

  /**
   * Removes a stale pid file, unless another process has removed or replaced it meanwhile.
   *
   * @param path the pid file
   * @returns whether it was this call that removed it; `$!` says why not
   */
  static remove_stale(path: string): boolean {
    refuse_tainted('unlink', path);
    let removed = false;
    return attempt(() => {
      const fd = openSync(path, 'r+');
      try {
        if (lock(fd) && is_at(path, fd)) {
          unlinkSync(path);
          removed = true;
        }
      } finally {
        closeSync(fd);
      }
    }) && removed;
  }

  /**
   * Removes the pid file at a path if this very process has made it, and it is still there: a child's END block, or a
   * daemon whose file has been replaced, leaves it alone (erratum 19).
   *
   * @param path the pid file
   */
  static unlink(path: string): void {
    const file = made.get(path);
    if (file?.pid !== $['$']) return;
    attempt(() => { if (is_at(path, file.#fd)) unlinkSync(path); });
  }

  #write(path: string, pid: number): number {
    const fd = openSync(path, 'wx', this.#mode);
    try {
      lock(fd);
      fchmodSync(fd, this.#mode);
      writeSync(fd, String(pid));
      return fd;
    } catch (error) {
      unlinkSync(path); // the disk is full: rather none than half of one
      throw error;
    }
  }

  /**
   * Puts another pid into the file, all at once.
   *
   * @param pid whose
   */
  print(pid: number): void {
    const draft = `${this.#path}.${pid}`;
    rmSync(draft, { force: true }); // one that a process of this number has left behind: there is no other now
    const fd = this.#write(draft, pid);
    renameSync(draft, this.#path);
    closeSync(this.#fd);
    this.#fd = fd;
    this.pid = pid;
  }

  /** What Perl closes here stays open: the lock goes with it. */
  close(): void {
    // nothing
  }
}
