/**
 * IO::Socket, of which the listing uses IO::Socket::INET: a listening TCP socket and its connections, IPv4 as there.
 *
 * The calls are the kernel's own; Node's event loop only waits for the listener. So nothing is accepted before the
 * program asks for it, and a connection is a blocking descriptor that a forked child can read and write.
 *
 * @module
 */
import { constants } from 'node:os';
import { libc, readable, type Poll } from '../libc.ts';
import { warn } from '../perlfunc.ts';
import { depth, interruption, top } from '../perlipc.ts';
import { check_only } from '../perlrun.ts';
import { Tainted } from '../perlsec.ts';
import { hand_over, take_listen_fds } from '../Systemd/Daemon.ts';
import { end_act, next_act, remember } from '../rehearsal.ts';
import { $, note } from '../perlvar.ts';
import { IO_Handle } from './Handle.ts';

export { STDERR, STDIN, STDOUT } from './Handle.ts'; // IO::Socket brings IO::Handle

const { EACCES, EAGAIN, ECONNABORTED, EINTR, EMFILE, ENFILE, ENOBUFS, ENOMEM } = constants.errno;
const AF_INET = 2;
const [SOCK_STREAM, SOCK_NONBLOCK, SOCK_CLOEXEC] = [1, 0o4000, 0o2000000];
const [SOL_SOCKET, SO_REUSEADDR] = [1, 2];
const F_SETFL = 4;

/** What `new` takes. */
export interface Options {
  /** The TCP port, 1 to 65535. */
  LocalPort: Tainted<string> | number;
  /** How many connections may wait. */
  Listen: number;
  /** The protocol. */
  Proto: 'tcp';
  /** SO_REUSEADDR: take the port although connections of an earlier run linger on it. */
  Reuse: boolean;
}

function sockaddr(port: number): Buffer {
  const address = Buffer.alloc(16);
  new Uint16Array(address.buffer, address.byteOffset, 1)[0] = AF_INET;
  address.writeUInt16BE(port, 2);
  return address;
}

/** The port that a socket listens on. */
function local_port(fd: number): number {
  const address = Buffer.alloc(28);
  note(libc().getsockname(fd, address, Uint32Array.of(28)));
  return address.readUInt16BE(2);
}

/** An address as text, from a sockaddr_in or, on a socket that somebody else has opened, a sockaddr_in6. */
function host(address: Buffer): string {
  if (new Uint16Array(address.buffer, address.byteOffset, 1)[0] === AF_INET) return address.subarray(4, 8).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => address.readUInt16BE(8 + 2 * i).toString(16));
  return groups.slice(0, 6).join() === '0,0,0,0,0,ffff' ? address.subarray(20, 24).join('.') : groups.join(':');
}

/** A connection of one client. */
export class Connection extends IO_Handle {
  readonly #host: string;

  /**
   * What accept makes.
   *
   * @param fd the connected descriptor
   * @param host the client's address
   */
  constructor(fd: number, host: string) {
    super(fd);
    this.#host = host;
  }

  /** @returns the client's address, known since accept even when the client has gone */
  peerhost(): Tainted<string> {
    return new Tainted(this.#host);
  }
}

/** A listening socket. */
export class IO_Socket_INET {
  /** The descriptor's number. */
  readonly fd: number;
  #poll: Poll | undefined;
  #ready: (() => void) | undefined;
  #open = true;
  #full = false; // there is no descriptor left for a client, and the log has been told
  #crowded = true; // the last client was there before anybody waited for him
  #rehearse = false; // the last connection was a client's, who came before the rehearsal was over

  private constructor(fd: number) {
    this.fd = fd;
    remember(() => {
      const poll = this.#poll;
      this.#poll = undefined; // a player must not close it: it is no cardboard
      return () => { [this.#open, this.#poll] = [true, poll]; };
    });
  }

  /**
   * `IO::Socket::INET->new`
   *
   * @param options where to listen
   * @returns the socket, or undefined with `$@` and `$!` set
   */
  static open({ LocalPort, Listen, Reuse }: Options): IO_Socket_INET | undefined {
    check_only(); // under -c nothing is opened
    const { socket, setsockopt, bind, listen, close } = libc();
    const [inherited] = take_listen_fds();
    if (inherited !== undefined) {
      const port = local_port(inherited);
      if (port === Number(Tainted.show(LocalPort))) {
        libc().fcntl(inherited, F_SETFL, SOCK_NONBLOCK);
        return new IO_Socket_INET(inherited);
      }
      $['@'] = `port ${Tainted.show(LocalPort)}: the socket handed over by LISTEN_FDS listens on port ${port}`;
      return undefined;
    }
    const fd = note(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const bound = fd !== -1
      && (!Reuse || note(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, Int32Array.of(1), 4)) === 0)
      && note(bind(fd, sockaddr(Number(Tainted.show(LocalPort))), 16)) === 0
      && note(listen(fd, Listen)) === 0;
    if (bound) return new IO_Socket_INET(fd);
    $['@'] = `port ${Tainted.show(LocalPort)}: ${$['!']}${$.errno === EACCES ? ' (ports below 1024 are root\'s)' : ''}`;
    if (fd !== -1) close(fd);
    return undefined;
  }

  /**
   * Waits for a client. Signals' handlers run meanwhile; unlike Perl's accept it goes on after them, and it takes no
   * client while one of them is still running. While nobody waits, or after each of the first who did, it rehearses.
   *
   * @returns the connection, or undefined once the socket is closed
   */
  async accept(): Promise<Connection | undefined> {
    end_act();
    const level = depth();
    // However many clients wait, signals come first: Perl too looks for them between two operations. Where none waited,
    // the event loop has looked for them meanwhile.
    if (this.#crowded) await new Promise((resume) => setImmediate(resume));
    this.#crowded = true;
    for (;;) {
      while (!top(level)) await interruption();
      if (!this.#open) return undefined;
      if (this.#rehearse && next_act()) return this.#player();
      const connection = this.#accept();
      this.#rehearse = connection !== undefined;
      if (connection) return connection;
      if (next_act()) return this.#player();
      await this.#readable();
      this.#crowded = false;
    }
  }

  #player(): Connection {
    this.#rehearse = false;
    $['!'] = 0;
    return new Connection(this.fd, '127.0.0.1');
  }

  #accept(): Connection | undefined {
    const address = Buffer.alloc(28);
    const fd = note(libc().accept4(this.fd, address, Uint32Array.of(28), SOCK_CLOEXEC));
    if (fd === -1) return undefined;
    this.#full = false;
    return new Connection(fd, host(address));
  }

  /** Waits until the kernel has a client, or the reason why accept failed may have passed. */
  async #readable(): Promise<void> {
    const { errno } = $;
    if (errno === EINTR || errno === ECONNABORTED) return;
    if (errno === EMFILE || errno === ENFILE || errno === ENOBUFS || errno === ENOMEM) {
      if (!this.#full) warn(`Can't accept a connection: ${$['!']}; trying again\n`);
      this.#full = true;
      await new Promise((resume) => setTimeout(resume, 100));
      return;
    }
    if (errno !== EAGAIN) throw new Error(`accept: ${$['!']}`);
    $['!'] = 0; // Perl's accept would have waited, and not failed
    await new Promise<void>((resume) => {
      this.#ready = resume;
      this.#poll ??= readable(this.fd, () => { this.#wake(); });
    });
  }

  /** Once only: Node spends more on a promise that is kept twice than a child on its whole conversation. */
  #wake(): void {
    const ready = this.#ready;
    this.#ready = undefined;
    ready?.();
  }

  /** Takes no more clients; those who come wait for the program that will be executed. */
  hand_over(): void {
    this.#poll?.close();
    this.#poll = undefined;
    hand_over(this.fd);
  }

  /** Stops listening. */
  close(): void {
    this.#open = false;
    this.#poll?.close();
    this.#poll = undefined;
    libc().close(this.fd);
    this.#wake();
  }
}
