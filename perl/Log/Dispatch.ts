/**
 * Log::Dispatch, named after the CPAN module: lines on their way to a log, of which none is waited for.
 *
 * A log that takes no line now (its daemon restarts or stands still, the disk is full, a terminal is held by Ctrl-S) holds
 * up neither a client nor a signal: the lines are kept, as far as there is room, and the others counted. When the log
 * takes lines again, it gets first those that were kept and then one that says how many were lost.
 *
 * @module
 */
import { constants, fchmodSync, fchownSync, fstatSync, lstatSync, openSync } from 'node:fs';
import { constants as system } from 'node:os';
import { C, libc, pollfd, sockaddr_un, usleep } from '../libc.ts';
import { local_uids } from '../perlfunc.ts';
import { $, attempt, set_errno } from '../perlvar.ts';

/** A place for lines. */
export interface Output {
  /**
   * Takes what it can of a line, at once.
   *
   * @param line the line, or what is left of one
   * @returns how many bytes it has taken; 0 when it can take none now
   */
  write(line: Buffer): number;
}

/** Does as whoever started the daemon what its user may not: looks for, makes and connects to what is root's. */
function as_starter(action: () => boolean): boolean {
  return local_uids($['<'], $['<'], action);
}

const { O_APPEND, O_CREAT, O_EXCL, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;
const MODE = 0o640;

/**
 * Opens a log file. A new one is its opener's, with mode 0640, whatever umask and groups this process has by now.
 *
 * @param path where; no link, and a file where there is something
 * @returns its descriptor
 * @throws Error with an `errno` where it cannot be written
 */
export function open_log(path: string): number {
  const flags = O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  let fd = -1;
  if (attempt(() => { fd = openSync(path, flags | O_CREAT | O_EXCL, MODE); })) {
    fchmodSync(fd, MODE);
    if ($['>'] === 0) attempt(() => { fchownSync(fd, 0, 0); });
    return fd;
  }
  fd = openSync(path, flags);
  if (fstatSync(fd).isFile()) return fd;
  libc().close(fd);
  throw Object.assign(new Error(`${path} is no file`), { errno: -system.errno.EINVAL });
}

/**
 * A file, which may be moved away or deleted at any moment: the next line goes to a new one in its place.
 *
 * @param path where it is
 * @returns the output
 * @throws Error with an `errno` where it cannot be written
 */
export function to_file(path: string): Output {
  let fd = open_log(path);
  let { dev, ino } = fstatSync(fd);
  const in_place = (): boolean => {
    let there = false;
    attempt(() => {
      const { dev: device, ino: number } = lstatSync(path);
      there = device === dev && number === ino;
    });
    return there;
  };
  const open_again = (): void => {
    const next = open_log(path);
    libc().close(fd);
    ({ dev, ino } = fstatSync(fd = next));
  };
  return {
    write(line) {
      const there = in_place() || as_starter(() => in_place() || attempt(open_again));
      if (!there && fstatSync(fd).nlink === 0) return 0; // nobody will find it there
      return Math.max(0, libc().write(fd, line, line.length));
    },
  };
}

/**
 * STDERR, whatever that is: a terminal, a pipe, a file. Others may have it too, so its flags stay as they are.
 *
 * @returns the output
 */
export function to_stderr(): Output {
  const { fcntl, poll, write } = libc();
  let fd = -1;
  // A terminal or a pipe that is opened again can have a flag of its own. A file cannot: its end would be another's.
  if (!fstatSync(2).isFile()) {
    attempt(() => { fd = openSync('/proc/self/fd/2', O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY); });
  }
  if (fd === -1) fd = fcntl(2, C.F_DUPFD_CLOEXEC, 3); // STDERR itself will be a client's
  const writable = pollfd(fd, C.POLLOUT);
  const PIPE_BUF = 4096; // as much as a pipe that is writable takes
  return {
    write: (line) => poll(writable, 1, 0) === 1 ? Math.max(0, write(fd, line, Math.min(line.length, PIPE_BUF))) : 0,
  };
}

/** The system's log. */
export interface Socket extends Output {
  /**
   * Connects to the log daemon.
   *
   * @returns whether one listens: that the socket's name is there does not say so
   */
  connect: () => boolean;
}

/**
 * The system's log.
 *
 * @param path the socket that its daemon has
 * @returns the output
 */
export function to_socket(path: string): Socket {
  const { socket, connect, close, sendto } = libc();
  const address = sockaddr_un(path);
  let fd = -1;
  const sent = (line: Buffer): boolean => sendto(fd, line, line.length, C.MSG_DONTWAIT | C.MSG_NOSIGNAL, null, 0) !== -1;
  const output = {
    connect() {
      close(fd);
      fd = set_errno(socket(C.AF_UNIX, C.SOCK_DGRAM | C.SOCK_CLOEXEC, 0));
      return as_starter(() => connect(fd, address, address.length) === 0);
    },
    // Whatever has failed, another daemon may be at the path by now.
    write: (line: Buffer) => sent(line) || (output.connect() && sent(line)) ? line.length : 0,
  };
  return output;
}

const ROOM = 64 * 1024; // bytes of lines that are kept
const AGAIN = 1000; // milliseconds until a log that took no line is tried again
const SOON = 10; // and one that took some: /dev/log has room for ten lines or so, until its daemon has read them
const PATIENCE = 10; // tenths of a second that the end of the process waits for such a log

/** The lines that an output has not taken yet. */
export class Dispatch {
  readonly #output: Output;
  readonly #say: (lost: number) => Buffer;
  readonly #owner = $['$'];
  #kept: Buffer[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  /** How many lines have been lost, of which the log has not been told yet. */
  lost: number;

  /**
   * Begins with none.
   *
   * @param output where lines go
   * @param say makes the line that says how many were lost
   * @param lost how many had been lost before
   */
  constructor(output: Output, say: (lost: number) => Buffer, lost = 0) {
    this.#output = output;
    this.#say = say;
    this.lost = lost;
  }

  /**
   * Sends a line on its way. Returns at once.
   *
   * @param line the whole of it
   */
  log(line: Buffer): void {
    this.flush();
    if (this.lost > 0 || this.#bytes + line.length > ROOM) this.lost++;
    else this.#keep(line);
    this.flush();
  }

  #keep(line: Buffer): void {
    this.#kept.push(line);
    this.#bytes += line.length;
  }

  /** Writes what the output takes. @returns whether that was all */
  flush(): boolean {
    let again = AGAIN;
    for (;;) {
      for (let [line] = this.#kept; line; [line] = this.#kept) {
        const taken = this.#write(line);
        if (taken > 0) again = SOON;
        this.#bytes -= taken;
        if (taken === line.length) this.#kept.shift();
        else if (taken > 0) this.#kept[0] = line.subarray(taken);
        else return this.#later(again);
      }
      if (this.lost === 0) return true;
      this.#keep(this.#say(this.lost));
      this.lost = 0;
    }
  }

  #write(line: Buffer): number {
    const { errno } = $;
    const taken = this.#output.write(line);
    $['!'] = errno; // which log it goes to is not the program's business
    return taken;
  }

  #later(milliseconds: number): false {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if ($['$'] === this.#owner) this.flush(); // a child has the timer too
    }, milliseconds).unref();
    return false;
  }

  /** To be called before the end of the process: waits a second for a log that is only just away. What is left then is lost. */
  finish(): void {
    for (let i = 0; i < PATIENCE && !this.flush(); i++) usleep(100_000);
    this.lost += this.#kept.length;
    this.#kept = [];
    this.#bytes = 0;
  }
}
