/**
 * IO::Socket, of which the listing uses IO::Socket::INET: a listening TCP socket and its connections, IPv4 as there.
 *
 * The calls are the kernel's own; Node's event loop only waits for the listener. So nothing is accepted before the
 * program asks for it, and a connection is a blocking descriptor that a forked child can read and write.
 *
 * @module
 */
import { constants } from 'node:os';
import { report_missing } from '../constant.ts';
import { C, libc, readable, sockaddr_in, type Poll } from '../libc.ts';
import { warm_up } from '../Linux/Warmup.ts';
import { warn } from '../perlfunc.ts';
import { handler_depth, is_innermost, next_signal, signals_handled } from '../perlipc.ts';
import { check_only } from '../perlrun.ts';
import { Tainted } from '../perlsec.ts';
import { inet_ntop } from '../Socket.ts';
import { admit, at_work, limit, next_client, read_limits, rehearsal } from '../Net/Server.ts';
import * as starter from '../Proc/Daemon.ts';
import { hand_over, ready as tell_systemd, take_listen_fds } from '../Systemd/Daemon.ts';
import { $, set_errno } from '../perlvar.ts';
import { IO_Handle } from './Handle.ts';

export { STDERR, STDIN, STDOUT } from './Handle.ts'; // IO::Socket brings IO::Handle

const { EACCES, EAGAIN, EINTR, EINVAL, EMFILE, ENFILE, ENOBUFS, ENOMEM, EOPNOTSUPP, EPERM } = constants.errno;
const { ECONNABORTED, EHOSTUNREACH, ENETDOWN, ENETUNREACH, ENOPROTOOPT, EPROTO, ETIMEDOUT } = constants.errno;

/** The client that accept should have given has gone: accept(2) says to try again. EHOSTDOWN and ENONET are Linux's own. */
const gone = [EINTR, ECONNABORTED, EHOSTUNREACH, ENETDOWN, ENETUNREACH, ENOPROTOOPT, EPROTO, ETIMEDOUT, C.EHOSTDOWN, C.ENONET];
/** What may pass, but not at once: no descriptors, no memory, a firewall that forbids it. */
const later = [EMFILE, ENFILE, ENOBUFS, ENOMEM, EOPNOTSUPP, EPERM];

/** How many bytes of replies may wait for one client, about. */
const UNREAD = 65536;

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

/** Makes a listening socket. @returns its descriptor, or undefined with `$@` and `$!` set */
function listen_on(port: number, backlog: number, reuse: boolean): number | undefined {
  const { socket, setsockopt, bind, listen, close } = libc();
  const address = sockaddr_in(port);
  const fd = set_errno(socket(C.AF_INET, C.SOCK_STREAM | C.SOCK_NONBLOCK | C.SOCK_CLOEXEC, 0));
  const listens = fd !== -1
    && (!reuse || set_errno(setsockopt(fd, C.SOL_SOCKET, C.SO_REUSEADDR, Int32Array.of(1), 4)) === 0)
    && set_errno(bind(fd, address, address.length)) === 0
    && set_errno(listen(fd, backlog)) === 0;
  if (listens) return fd;
  $['@'] = `port ${port}: ${$['!']}${$.errno === EACCES ? ' (ports below 1024 are root\'s)' : ''}`;
  if (fd !== -1) close(fd);
  return undefined;
}

/** Takes a descriptor that was handed over. @returns it; undefined with `$@` and `$!` set where it cannot serve the port */
function adopt(fd: number, port: number): number | undefined {
  const why = unfit(fd, port);
  if (why === undefined) {
    libc().fcntl(fd, C.F_SETFL, C.SOCK_NONBLOCK);
    return fd;
  }
  $['@'] = `port ${port}: descriptor ${fd}, handed over by LISTEN_FDS, ${why}`;
  $['!'] = EINVAL;
  return undefined;
}

/** @returns why a descriptor cannot serve a port; undefined when it can */
function unfit(fd: number, port: number): string | undefined {
  const option = (name: number): number | undefined => {
    const value: [number] = [0];
    return libc().getsockopt(fd, C.SOL_SOCKET, name, value, [4]) === 0 ? value[0] : undefined;
  };
  const type = option(C.SO_TYPE);
  if (type === undefined) return 'is no socket';
  const address = { sin_family: 0, sin_port: 0 }; // in an IPv6 address the port is at the same place
  libc().getsockname(fd, address, [16]);
  const internet = [C.AF_INET, C.AF_INET6].some((family) => family === address.sin_family);
  if (type !== C.SOCK_STREAM || !internet) return 'is no TCP socket';
  if (option(C.SO_ACCEPTCONN) !== 1) return 'does not listen';
  return address.sin_port === port ? undefined : `listens on port ${address.sin_port}`;
}

let serving = false;

/** The server serves: tells the command that started it and the service manager, at the first call. */
function ready(): void {
  if (serving) return;
  serving = true;
  starter.ready();
  tell_systemd();
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
    limit(this);
  }

  /** @returns the client's address, known since accept even when the client has gone */
  peerhost(): Tainted<string> {
    return new Tainted(this.#host);
  }
}

/** A listening socket. A service manager may have opened it in more than one family: then it has a descriptor for each. */
export class IO_Socket_INET {
  readonly #fds: number[]; // the one whose turn is next is the first
  #polls: Poll[] = [];
  #ready: (() => void) | undefined;
  #open = true;
  #full = false; // there is no descriptor left for a client, and the log has been told
  #crowded = true; // the last client was in the backlog before accept waited

  private constructor(fds: number[]) {
    this.#fds = fds;
    // What waits in the kernel until a client reads it would grow to megabytes. Connections have this from their listener.
    for (const fd of fds) libc().setsockopt(fd, C.SOL_SOCKET, C.SO_SNDBUF, Int32Array.of(UNREAD), 4);
  }

  /**
   * `IO::Socket::INET->new`
   *
   * @param options where to listen
   * @returns the socket, or undefined with `$@` and `$!` set
   */
  static open({ LocalPort, Listen, Reuse }: Options): IO_Socket_INET | undefined {
    read_limits();
    check_only(); // under -c nothing is opened
    report_missing();
    const port = Number(Tainted.raw(LocalPort));
    const inherited = take_listen_fds();
    const fds = inherited.length === 0 ? [listen_on(port, Listen, Reuse)] : inherited.map((fd) => adopt(fd, port));
    const listening = fds.filter((fd) => fd !== undefined);
    if (listening.length < fds.length) return undefined;
    starter.listens(listening);
    return new IO_Socket_INET(listening);
  }

  /**
   * Waits for a client. Signals' handlers run meanwhile; unlike Perl's accept it goes on after them, and it takes no
   * client while one of them is still running. A client for which there is no room is refused here, before any fork.
   * The first call tells the starting command and the service manager that the server serves.
   *
   * @returns the connection, or undefined once the socket is closed
   */
  async accept(): Promise<Connection | undefined> {
    next_client();
    const level = handler_depth();
    await this.#first();
    // However many clients wait, signals come first: Perl too looks for them between two operations. Where none waited,
    // the event loop has looked for them meanwhile.
    if (this.#crowded) await new Promise((resume) => setImmediate(resume));
    this.#crowded = true;
    for (;;) {
      while (!is_innermost(level)) await next_signal();
      if (!this.#open) return undefined;
      const connection = this.#accept();
      if (connection && admit(connection)) return connection;
      if (connection) {
        await new Promise((resume) => setImmediate(resume)); // a flood of refused clients holds no signal up
        continue;
      }
      await this.#readable($.errno === EAGAIN ? warm_up(rehearsal, at_work) : undefined);
      this.#crowded = false;
    }
  }

  /** Before the first client: a TERM that came while the program started is heard first, see perlipc.ts. */
  async #first(): Promise<void> {
    if (serving) return;
    await signals_handled();
    ready();
  }

  #accept(): Connection | undefined {
    const address = Buffer.alloc(28);
    for (const listener of [...this.#fds]) {
      this.#fds.push(...this.#fds.splice(0, 1)); // to each in turn
      const fd = set_errno(libc().accept4(listener, address, Uint32Array.of(28), C.SOCK_CLOEXEC));
      if (fd !== -1) {
        this.#full = false;
        return new Connection(fd, inet_ntop(address));
      }
      if ($.errno !== EAGAIN) return undefined;
    }
    return undefined;
  }

  /**
   * Waits until the kernel has a client, or the reason why accept failed may have passed.
   *
   * @param most how long at most, in milliseconds; undefined for no limit
   */
  async #readable(most?: number): Promise<void> {
    const { errno } = $;
    if (gone.includes(errno)) return;
    if (later.includes(errno)) {
      if (!this.#full) warn(`Can't accept a connection: ${$['!']}; trying again\n`);
      this.#full = true;
      await new Promise((resume) => setTimeout(resume, 100));
      return;
    }
    if (errno !== EAGAIN) throw new Error(`accept: ${$['!']}`);
    $['!'] = 0; // Perl's accept would have waited, and not failed
    await new Promise<void>((resume) => {
      this.#ready = resume;
      if (this.#polls.length === 0) this.#polls = this.#fds.map((fd) => readable(fd, () => { this.#wake(); }));
      if (most !== undefined) setTimeout(() => { if (this.#ready === resume) this.#wake(); }, most);
    });
  }

  /** Ends the wait of #readable, once: to resolve a promise twice costs Node more than a child's whole conversation. */
  #wake(): void {
    const ready = this.#ready;
    this.#ready = undefined;
    ready?.();
  }

  /** Takes no more clients; those that come wait for the program that will be executed. */
  hand_over(): void {
    this.#unwatch();
    hand_over(this.#fds);
  }

  #unwatch(): void {
    for (const poll of this.#polls.splice(0)) poll.close();
  }

  /** Stops listening. */
  close(): void {
    this.#open = false;
    this.#unwatch();
    for (const fd of this.#fds) libc().close(fd);
    this.#wake();
  }
}
