/**
 * IO::Handle: STDIN, STDOUT and STDERR as Perl has them: blocking reads and writes of bytes on a descriptor.
 *
 * A string holds one byte a character (Latin-1), so whatever encoding comes in goes out unharmed. Importing this
 * file needs nothing of Node: the bot's engine does so in a browser too.
 *
 * @module
 */
import { C, libc, usleep } from '../libc.ts';
import { Tainted, type Text } from '../perlsec.ts';
import { $, set_errno } from '../perlvar.ts';

const SIZE = 4096;
const LINGER = 2; // seconds
const MOST = 2 ** 24; // bytes
let input: Buffer | undefined; // one for all handles: reads block, so only one is ever under way
let output: Buffer | undefined;
let timed = false; // a layer has set a time limit on the client's socket

/** Whether the call has failed because it had waited for as long as it may. */
function timed_out(): boolean {
  return timed && $.errno === process.getBuiltinModule('node:os').constants.errno.EAGAIN;
}

/** Whether a failed call should simply be made again: a signal cut it short, or a pipe of Node's is not ready. */
function again(): boolean {
  const { EAGAIN, EINTR } = process.getBuiltinModule('node:os').constants.errno;
  if (timed_out()) return false;
  if ($.errno === EAGAIN) usleep(10_000);
  return $.errno === EAGAIN || $.errno === EINTR;
}

/** What `binmode` lays between a descriptor and its reader. */
export interface Layer {
  /**
   * Called before each read.
   *
   * @param fd what is read
   */
  before_read(fd: number): void;
  /** Called when a read has waited for as long as it may. The input has ended. */
  silence(): void;
  /** @returns whether the time for this input is over, however much of it comes */
  expired(): boolean;
  /**
   * Takes what has come.
   *
   * @param bytes one byte a character
   */
  feed(bytes: string): void;
  /**
   * Looks at what has come as far as the next line, and answers the client where it waits for that.
   *
   * @param handle what is read
   * @param ended no more will come
   * @returns the line, with its newline; of the last one, what there is; '' where the client has ended the input, undefined
   *   where no line is whole
   */
  getline(handle: IO_Handle, ended: boolean): string | undefined;
  /**
   * @param text what is printed
   * @returns what the client is to get
   */
  encode(text: string): string;
}

/** An open descriptor. */
export class IO_Handle {
  /** The descriptor's number. */
  readonly fd: number;
  #input = '';
  #layer: Layer | undefined;
  #output = '';
  #eof = false;

  /**
   * A handle on what is open already.
   *
   * @param fd an open descriptor
   */
  constructor(fd: number) {
    this.fd = fd;
  }

  /**
   * `<$handle>`: the next line with its newline; at the end of input what is left, then undefined. A connection that
   * was reset has ended.
   *
   * @returns one byte a character
   */
  getline(): Tainted<string> | undefined {
    for (;;) {
      const line = this.#layer ? this.#layer.getline(this, this.#eof) : this.#line();
      if (line) return new Tainted(line);
      if (line === '') this.#eof = true;
      if (this.#eof) return undefined;
      STDOUT.flush();
      this.#fill();
    }
  }

  #line(): string | undefined {
    const end = this.#input.indexOf('\n') + 1 || (this.#eof ? this.#input.length : 0);
    if (end === 0) return undefined;
    const line = this.#input.slice(0, end);
    this.#input = this.#input.slice(end);
    return line;
  }

  #fill(): void {
    const layer = this.#layer;
    layer?.before_read(this.fd);
    const length = set_errno(libc().read(this.fd, (input ??= Buffer.alloc(SIZE)), SIZE));
    if (length > 0) {
      const bytes = input.toString('latin1', 0, length);
      if (layer) layer.feed(bytes);
      else this.#input += bytes;
      this.#eof = layer?.expired() ?? false;
    } else if (length === 0) {
      this.#eof = true;
    } else if (layer && timed_out()) {
      layer.silence();
      this.#eof = true;
    } else {
      this.#eof = !again();
    }
  }

  /**
   * Puts a layer between the descriptor and its reader, or takes it away.
   *
   * @param layer the layer; undefined for none
   */
  binmode(layer: Layer | undefined): void {
    this.#layer = layer;
    timed = layer !== undefined;
  }

  /**
   * Prints; at once where `$|` is 1 or the handle is not STDOUT.
   *
   * @param list one byte a character
   * @returns false when the other side has gone
   */
  print(...list: Text[]): boolean {
    const text = list.map((part) => Tainted.raw(part)).join('');
    this.#output += this.#layer ? this.#layer.encode(text) : text;
    return this === STDOUT && $['|'] === 0 && this.#output.length < 8192 ? true : this.flush();
  }

  /** Writes out what print has kept. @returns false when the other side has gone */
  flush(): boolean {
    const text = this.#output;
    this.#output = '';
    return this.syswrite(text);
  }

  /**
   * Writes at once, past what print has kept and past the layer; all of it, where Perl's syswrite may write less.
   *
   * @param text one byte a character
   * @returns false when the other side has gone
   */
  syswrite(text: string): boolean {
    for (let rest = text; rest !== '';) {
      const size = (output ??= Buffer.alloc(SIZE)).write(rest, 'latin1');
      const written = set_errno(libc().write(this.fd, output, size));
      if (written >= 0) rest = rest.slice(written);
      else if (!again()) return false;
    }
    return true;
  }

  /**
   * Opens this handle on another's descriptor, with its layer: dup2(2), as Perl's fdopen on a standard handle amounts to.
   *
   * @param handle whose descriptor
   * @param _mode `r` or `w`, for the reader; the descriptor has its own
   * @returns false when that failed, with `$!` set
   */
  fdopen(handle: IO_Handle, _mode: 'r' | 'w'): boolean {
    this.flush();
    this.#input = '';
    this.#eof = false;
    this.binmode(handle.#layer);
    return set_errno(libc().dup2(handle.fd, this.fd)) !== -1;
  }

  /**
   * Ends a client's connection, before it is closed: says that nothing more will come, and reads what the client has sent
   * and nobody has read, until it ends too. Closed without that, the kernel would reset the connection, and what is on its
   * way to the client be lost. A client that does not end within a few seconds, or sends too much, is not waited for.
   */
  hang_up(): void {
    const { shutdown, setsockopt_timeval, read } = libc();
    this.flush();
    if (this.#layer === undefined || shutdown(this.fd, C.SHUT_WR) !== 0) return; // it is not a client's, or has been reset
    setsockopt_timeval(this.fd, C.SOL_SOCKET, C.SO_RCVTIMEO, { tv_sec: LINGER, tv_usec: 0 }, 16);
    const end = performance.now() + 1000 * LINGER;
    let length = 1;
    for (let most = MOST; length > 0 && most > 0 && performance.now() < end; most -= length) {
      length = read(this.fd, (input ??= Buffer.alloc(SIZE)), SIZE);
    }
  }

  /** Closes the descriptor. */
  close(): void {
    this.flush();
    libc().close(this.fd);
  }
}

/** Standard input. */
export const STDIN = new IO_Handle(0);
/** Standard output, where `print` prints. */
export const STDOUT = new IO_Handle(1);
/** Standard error. */
export const STDERR = new IO_Handle(2);

/**
 * `print LIST`, on STDOUT.
 *
 * @param list one byte a character
 * @returns false when the other side has gone
 */
export function print(...list: Text[]): boolean {
  return STDOUT.print(...list);
}
