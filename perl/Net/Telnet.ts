/**
 * Net::Telnet, the listening half: what a telnet client sends, made into lines of text, within limits.
 *
 * Every option that a client asks for is refused, every one that it offers too, and each time it is told so (RFC 854, 855):
 * it may wait for the answer. What is off and stays off needs no answer, so no two programs answer each other for ever
 * (RFC 1143). One thing is done: a timing mark (RFC 860) is answered in its place among the replies. After an interrupt
 * a telnet client shows nothing until it has come.
 *
 * A client edits its lines itself, or leaves that to the server: a typed backspace erases a character and ^U the line, as
 * telnet's EC and EL do; an interrupt (IP, BRK, ABORT, ^C) throws the line away; ^D, or telnet's EOF, ends the input where
 * the line is empty; are you there (AYT) is answered. So it is with any client: one that is no telnet has the line edited
 * by its terminal and sends none of these. CR LF, CR NUL, CR alone and LF end a line. Other control bytes are dropped, so
 * that they reach neither log nor reply. A line is kept up to a limit, so that a client cannot fill the memory, and a
 * client that is silent for too long is hung up on.
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

// Telnet's commands follow the byte IAC.
const [EOF, SUSP, ABORT, SE, BRK, IP, AO, AYT, EC, EL, SB] = [236, 237, 238, 240, 243, 244, 245, 246, 247, 248, 250];
const [WILL, WONT, DO, DONT, IAC] = [251, 252, 253, 254, 255];
const TIMING_MARK = 6; // an option
const [CTRL_C, CTRL_D, BS, TAB, LF, CR, CTRL_U, DEL] = [3, 4, 8, 9, 10, 13, 21, 127];

/** A run of bytes that stand for themselves. */
const PLAIN = /[ -~\x80-\xfe]+/y;

/** The last character of a line: what is UTF-8 is one of up to four bytes. */
const LAST = /(?:[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|[^])$/;

/** How much of an unfinished line of output is kept for the prompt. */
const PROMPT = 80;

/** What the next byte belongs to. It is kept from read to read, since a packet may end within a command. */
type State = 'text' | 'command' | 'option' | 'list' | 'list command';

/** A layer between a descriptor and its reader, as Perl's `binmode` puts there. */
class Telnet implements Layer {
  readonly #limits: Limits;
  readonly #end: number;
  readonly #over: (why: string) => void;
  #timeout = 0;
  #waiting = ''; // bytes that have come and not been looked at: what follows a line waits until that is answered
  #state: State = 'text';
  #verb = 0; // WILL to DONT, while its option has not come
  #return = false; // the last byte was CR, which has ended the line
  #line = '';
  #dropped = 0; // bytes of the line beyond the limit
  #answers = '';
  #prompt = ''; // the line of output that the client's line stands behind
  #interrupted = false; // the client has interrupted, and typed nothing since
  #prompt_due = false;

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

  feed(bytes: string): void {
    this.#waiting += bytes;
  }

  getline(handle: IO_Handle, ended: boolean): string | undefined {
    let line: string | undefined;
    let at = 0;
    while (line === undefined && at < this.#waiting.length) {
      PLAIN.lastIndex = at;
      const plain = this.#state === 'text' ? PLAIN.exec(this.#waiting)?.[0] : undefined;
      if (plain === undefined) line = this.#byte(this.#waiting.charCodeAt(at));
      else this.#text(plain);
      at += plain?.length ?? 1;
    }
    this.#waiting = this.#waiting.slice(at);
    this.#answer(handle);
    if (line === undefined && ended && this.#line !== '') line = this.#take();
    return line;
  }

  encode(text: string): string {
    const newline = text.lastIndexOf('\n');
    this.#prompt = newline === -1 ? (this.#prompt + text).slice(-PROMPT) : text.slice(newline + 1);
    return text.includes('\xff') ? text.replaceAll('\xff', '\xff\xff') : text;
  }

  /** Takes a byte that is not plain, or not text. @returns the line that it ends: '' is the end of input */
  #byte(byte: number): string | undefined {
    switch (this.#state) {
      case 'text':
        return this.#control(byte);
      case 'command':
        this.#state = byte === SB ? 'list' : byte >= WILL && byte <= DONT ? 'option' : 'text';
        this.#verb = byte;
        return this.#command(byte);
      case 'option':
        this.#state = 'text';
        this.#negotiate(this.#verb, byte);
        return undefined;
      case 'list':
        if (byte === IAC) this.#state = 'list command';
        return undefined;
      case 'list command': // IAC IAC is a byte of the list; a list that another command cuts short has ended
        this.#state = byte === SE ? 'text' : byte === IAC ? 'list' : 'command';
        return this.#state === 'command' ? this.#byte(byte) : undefined;
    }
  }

  #control(byte: number): string | undefined {
    const after_return = this.#return;
    this.#return = byte === CR || (byte === IAC && after_return);
    switch (byte) {
      case IAC:
        this.#state = 'command';
        return undefined;
      case CR:
        return this.#newline();
      case LF:
        return after_return ? undefined : this.#newline();
      case TAB:
        this.#text(' ');
        return undefined;
      case BS:
      case DEL:
        return this.#command(EC);
      case CTRL_U:
        return this.#command(EL);
      case CTRL_C:
        return this.#command(IP);
      case CTRL_D:
        return this.#command(EOF);
    }
    return undefined;
  }

  #command(byte: number): string | undefined {
    switch (byte) {
      case IAC: // twice: the byte 255
        this.#text('\xff');
        return undefined;
      case EC:
        if (this.#dropped > 0) this.#dropped--;
        else this.#line = this.#line.slice(0, -(LAST.exec(this.#line.slice(-4))?.[0].length ?? 0));
        return undefined;
      case IP:
      case BRK:
      case ABORT:
        this.#interrupted = this.#prompt_due = true;
        this.#take();
        return undefined;
      case EL:
        this.#take();
        return undefined;
      case AO: // each reply is on its way before the next line is looked at: there is no output to abort
      case SUSP: // nothing that could stand still either; but the client may have thrown the prompt away
        this.#interrupted = this.#prompt_due = true;
        return undefined;
      case AYT:
        this.#answers += '\nEliza:\tI am here.';
        this.#prompt_due = true;
        return undefined;
      case EOF:
        return this.#line === '' ? '' : undefined;
    }
    return undefined;
  }

  /** Refuses what a client asks for, or offers, but for a timing mark. */
  #negotiate(verb: number, option: number): void {
    if (verb === DO && option === TIMING_MARK) {
      this.#answers += String.fromCharCode(IAC, WILL, option);
      this.#prompt_due ||= this.#interrupted; // what came before the mark has been thrown away
    } else if (verb === DO || verb === WILL) {
      this.#answers += String.fromCharCode(IAC, verb === DO ? WONT : DONT, option);
    }
  }

  /** Sends what the client waits for. */
  #answer(handle: IO_Handle): void {
    if (this.#prompt_due) this.#answers += `\n${this.#prompt}`;
    this.#prompt_due = false;
    if (this.#answers === '') return;
    STDOUT.flush();
    handle.syswrite(this.#answers);
    this.#answers = '';
  }

  #text(plain: string): void {
    this.#return = this.#interrupted = false;
    const most = this.#limits.line - this.#line.length;
    this.#line += plain.length > most ? plain.slice(0, most) : plain;
    this.#dropped += Math.max(0, plain.length - most);
  }

  #newline(): string {
    const { line } = this.#limits;
    this.#interrupted = false;
    if (this.#dropped > 0) this.#answers += `Eliza:\tThat was long. I have listened to the first ${line} bytes.\n`;
    return `${this.#take()}\n`;
  }

  /** @returns the line as it is, which is empty from now on */
  #take(): string {
    const line = this.#line;
    this.#line = '';
    this.#dropped = 0;
    return line;
  }
}

/**
 * Reads a handle as telnet from now on. An urgent byte, which a client sends with an interrupt, is read in its place: by
 * itself the kernel would take it out, and the byte after it be taken for telnet's command.
 *
 * @param handle a connected one
 * @param limits how much and how long
 * @param over is told, in words, why the conversation ends, when it is time that ends it
 */
export function telnet(handle: IO_Handle, limits: Limits, over: (why: string) => void): void {
  libc().setsockopt(handle.fd, C.SOL_SOCKET, C.SO_OOBINLINE, Int32Array.of(1), 4);
  handle.binmode(new Telnet(limits, over));
}
