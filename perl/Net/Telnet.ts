/**
 * Net::Telnet, the listening half: what a telnet client sends, made into lines of text, within limits.
 *
 * Negotiation (IAC …) is skipped and never shown: a client that gets no answer stays as it is, which suits us. CR LF, CR
 * NUL, CR alone and LF end a line. Other control bytes are dropped, so that they reach neither log nor reply. A line is
 * kept up to a limit, so that a client cannot fill the memory, and a client that is silent for too long is hung up on.
 *
 * @module
 */
import { type IO_Handle, type Layer, STDOUT } from '../IO/Handle.ts';
import { C, libc } from '../libc.ts';

/** Limits of a conversation. */
export interface Limits {
  /** Bytes of a line; the rest is dropped, and the client told. */
  line: number;
  /** Seconds of silence after which the conversation ends. */
  idle: number;
  /** Seconds after which it ends in any case. */
  session: number;
}

const [IAC, SB, SE, WILL, DONT] = [255, 250, 240, 251, 254];
const [NUL, TAB, LF, CR, SPACE, DEL] = [0, 9, 10, 13, 32, 127];

/** What the next byte belongs to. It is kept from read to read, since a packet may end within a command. */
type State = 'text' | 'command' | 'option' | 'list' | 'list command';

/** A layer between a descriptor and its reader, as Perl's `binmode` puts there. */
class Telnet implements Layer {
  readonly #limits: Limits;
  readonly #end: number;
  readonly #over: (why: string) => void;
  #state: State = 'text';
  #return = false; // the last byte was CR, which has ended the line
  #length = 0;
  #timeout = 0;

  constructor(limits: Limits, over: (why: string) => void) {
    this.#limits = limits;
    this.#end = performance.now() + 1000 * limits.session;
    this.#over = over;
  }

  before_read(fd: number): void {
    const left = Math.max(1, Math.ceil((this.#end - performance.now()) / 1000));
    const timeout = Math.min(this.#limits.idle, left);
    if (timeout === this.#timeout) return;
    this.#timeout = timeout;
    const timeval = { tv_sec: timeout, tv_usec: 0 };
    libc().setsockopt_timeval(fd, C.SOL_SOCKET, C.SO_RCVTIMEO, timeval, 16);
    libc().setsockopt_timeval(fd, C.SOL_SOCKET, C.SO_SNDTIMEO, timeval, 16);
  }

  silence(): void {
    const { idle, session } = this.#limits;
    this.#over(performance.now() >= this.#end ? `after ${session} seconds` : `after ${idle} seconds of silence`);
  }

  expired(): boolean {
    if (performance.now() < this.#end) return false;
    this.silence();
    return true;
  }

  decode(bytes: Uint8Array): string {
    let text = '';
    for (const byte of bytes) text += this.#byte(byte);
    return text;
  }

  #byte(byte: number): string {
    switch (this.#state) {
      case 'command':
        this.#state = byte === SB ? 'list' : byte >= WILL && byte <= DONT ? 'option' : 'text';
        return byte === IAC ? this.#character(byte) : ''; // IAC IAC is the byte 255
      case 'option':
        this.#state = 'text';
        return '';
      case 'list':
        if (byte === IAC) this.#state = 'list command';
        return '';
      case 'list command':
        this.#state = byte === SE ? 'text' : 'list';
        return '';
      case 'text':
        if (byte !== IAC) return this.#character(byte);
        this.#state = 'command';
        return '';
    }
  }

  #character(byte: number): string {
    const after_return = this.#return;
    this.#return = byte === CR;
    if (byte === CR) return this.#newline();
    if (byte === LF) return after_return ? '' : this.#newline();
    if (byte === TAB) return this.#count(' ');
    if (byte < SPACE || byte === DEL || byte === NUL) return '';
    return this.#count(String.fromCharCode(byte));
  }

  #count(character: string): string {
    return this.#length++ < this.#limits.line ? character : '';
  }

  #newline(): string {
    const { line } = this.#limits;
    if (this.#length > line) STDOUT.print(`Eliza:\tThat was long. I have listened to the first ${line} bytes.\n`);
    this.#length = 0;
    return '\n';
  }
}

/**
 * Reads a handle as telnet from now on.
 *
 * @param handle a connected one
 * @param limits how much and how long
 * @param over is told, in words, why the conversation ends, when it is time that ends it
 */
export function telnet(handle: IO_Handle, limits: Limits, over: (why: string) => void): void {
  handle.binmode(new Telnet(limits, over));
}
