/**
 * Net::Server, of which only the limits are here: how many clients may talk at once, how many from one address, how long,
 * and how many connections a second are worth a log line each.
 *
 * A client for which there is no room is told so by the parent, before any fork, as sshd's drop_connection does: it costs
 * no child, and counts as no conversation. The limits come from the environment, see `--help`.
 *
 * @module
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { constants } from 'node:os';
import { constant } from '../constant.ts';
import { IO_Handle, STDOUT } from '../IO/Handle.ts';
import { C, libc } from '../libc.ts';
import { kill, warn } from '../perlfunc.ts';
import { LINES, rehearsed } from '../rehearsal.ts';
import { Tainted } from '../perlsec.ts';
import { $ } from '../perlvar.ts';
import { network } from '../Socket.ts';
import { LOG_UPTO, reaped, setlogmask, syslog } from '../Sys/Syslog.ts';
import { type Limits, telnet } from './Telnet.ts';

/** A connection that accept has taken. */
export interface Connection extends IO_Handle {
  /** @returns the client's address */
  peerhost(): Tainted<string>;
}

/** Every limit. */
export interface AllLimits extends Limits {
  /** How many may talk at once. */
  conversations: number;
  /** How many of them from one address. */
  per_address: number;
  /** How many connections a second are logged one by one. */
  log_rate: number;
}

let limits: AllLimits | undefined;

/**
 * Reads the limits from the environment, once: when the socket is opened, while a wrong one can still be told on STDERR.
 *
 * @returns the limits in force
 */
export function read_limits(): AllLimits {
  limits ??= {
    conversations: constant.number('ELIZA_CONVERSATIONS', 64),
    per_address: constant.number('ELIZA_PER_ADDRESS', 48),
    idle: constant.number('ELIZA_IDLE', 15 * 60),
    session: constant.number('ELIZA_SESSION', 2 * 60 * 60),
    line: constant.number('ELIZA_LINE', 4096),
    log_rate: constant.number('ELIZA_LOG_RATE', 100),
  };
  return limits;
}

/**
 * Called when a child has ended.
 *
 * @param child its pid
 */
export type Callback = (child: number) => void;

/** A client that is being served. */
interface Served {
  /** Its address, as far as it counts. */
  address: string;
  /** When its child is to be told to end, by the clock of `performance.now()`. */
  due: number;
  /** By what it will be told. */
  signal: 'TERM' | 'KILL';
}

/** The clients being served, by the pid of the child that serves them. */
const served = new Map<number, Served>();
let newest: Connection | undefined; // the client that accept gave last, until set() notes the child that serves it
let second = 0;
let this_second = 0;

/** `%CHILDREN`, as if tied in Perl: it keeps each client's address, and warns of children that a signal ended (erratum 26). */
export class Children extends Map<number, Callback | undefined> {
  /**
   * A child serves the client that accept gave last.
   *
   * @param child its pid
   * @param callback what to call when it has ended
   * @returns the table
   */
  override set(child: number, callback: Callback | undefined): this {
    if (newest) {
      const due = performance.now() + 1000 * (read_limits().session + GRACE);
      served.set(child, { address: network(Tainted.raw(newest.peerhost())), due, signal: 'TERM' });
      watch();
    }
    newest = undefined;
    return super.set(child, callback);
  }

  /**
   * A child has ended, the one that waitpid gave last: its wait status is in `$?`.
   *
   * @param child its pid
   * @returns whether it was in the table
   */
  override delete(child: number): boolean {
    reaped(child);
    served.delete(child);
    const signal = $['?'] & 127; // WTERMSIG
    const why = signal === constants.signals.SIGXCPU ? ': it has used up its processor time' : '';
    if (![0, 2, 15].includes(signal)) warn(`Child ${child} ended by signal ${signal}${why}\n`);
    return super.delete(child);
  }
}

const GRACE = 5; // seconds in which a child may end by itself, and then by TERM
let watching = false;

/**
 * Ends the children that have not ended when their session was over: a child keeps its own time, but one that was stopped
 * or taken over does not, nor one whose client takes its replies in drop by drop. There is one timer for all of them, for
 * the one that is due first, since all sessions are of the same length.
 */
function watch(): void {
  if (watching || served.size === 0) return;
  watching = true;
  const daemon = $['$'];
  const next = Math.min(...[...served.values()].map(({ due }) => due)) - performance.now();
  setTimeout(() => {
    if ($['$'] !== daemon) return; // a forked child has the timer as well
    watching = false;
    end_overdue();
    watch();
  }, Math.min(Math.max(0, next), 2 ** 31 - 1)).unref();
}

function end_overdue(): void {
  const now = performance.now();
  for (const [child, client] of served) {
    if (client.due > now) continue;
    syslog('notice', `Child ${child} has not ended after ${read_limits().session} seconds: ${client.signal} sent`);
    kill(client.signal, child);
    client.due = now + 1000 * GRACE;
    client.signal = 'KILL';
  }
}

/** To be called before accept: forgets the last client. The parent logs everything; only a client's child may be quiet. */
export function next_client(): void {
  newest = undefined;
  setlogmask(LOG_UPTO('debug'));
}

/** @returns why a client cannot be served now; undefined when it can */
function full(address: string): string | undefined {
  const { conversations, per_address } = read_limits();
  const all = [...served.values()];
  if (all.length >= conversations) return `${all.length} conversations are under way`;
  return all.filter((other) => other.address === address).length >= per_address ? 'too many from one address' : undefined;
}

/**
 * Counts a client that accept has taken, and where there is no room for it tells it so and closes the connection.
 *
 * @param connection the client's
 * @returns whether it is to be served
 */
export function admit(connection: Connection): boolean {
  const { log_rate } = read_limits();
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) {
    const unlogged = this_second - log_rate;
    if (unlogged > 0) syslog('notice', `${unlogged} connections more, not logged one by one`);
    [second, this_second] = [now, 0];
  }
  const quiet = ++this_second > log_rate;
  const why = full(network(Tainted.raw(connection.peerhost())));
  if (why === undefined) {
    newest = connection;
    if (quiet) setlogmask(LOG_UPTO('warning')); // for the child
    return true;
  }
  connection.print('Eliza:\tI have too many patients just now, please try again later.\n');
  connection.close();
  if (!quiet) syslog('notice', `Connection refused: ${why}`);
  return false;
}

/**
 * Where no child could be forked for the client that accept gave last: warns, and tells the client (erratum 24).
 *
 * @param why the warning
 */
export function refuse_client(why: string): undefined {
  warn(why);
  newest?.print('Eliza:\tI am busy, please try again later.\n');
  newest = undefined;
}

/**
 * One conversation of our own modules over a socket pair of their own, read as telnet: what a child needs for its client it
 * inherits compiled. Nothing of the program is run, nothing is logged, and nothing is left.
 */
export function rehearsal(): void {
  const talk = rehearsed();
  const { fcntl, shutdown, socketpair } = libc();
  const ends = new Int32Array(2);
  if (!talk || socketpair(C.AF_UNIX, C.SOCK_STREAM | C.SOCK_CLOEXEC, 0, ends) !== 0) return;
  const { errno } = $;
  const [connection, client] = [new IO_Handle(ends[0] ?? -1), new IO_Handle(ends[1] ?? -1)];
  const copy = (): IO_Handle => new IO_Handle(fcntl(connection.fd, C.F_DUPFD_CLOEXEC, 3));
  const [input, output] = [copy(), copy()]; // in place of STDIN and STDOUT
  try {
    client.print(...LINES.map((line) => `${line}\r\n`));
    shutdown(client.fd, C.SHUT_WR);
    telnet(connection, read_limits(), () => undefined);
    input.fdopen(connection, 'r');
    output.fdopen(connection, 'w');
    talk(input, output);
  } finally {
    input.binmode(undefined);
    for (const handle of [input, output, connection, client]) handle.close();
    $['!'] = errno;
  }
}

const NEWEST = 8; // children that are looked at: each look leaves traces in this memory, of which later children have copies
const stat = Buffer.alloc(64); // as much of /proc/PID/stat as has the state

/** @returns whether one of the newest children is at work: one that waits for its client's next line is not */
export function at_work(): boolean {
  try {
    return [...served.keys()].slice(-NEWEST).some((child) => {
      const fd = openSync(`/proc/${child}/stat`, 'r');
      try {
        return /\) [RD] /.test(stat.toString('latin1', 0, readSync(fd, stat)));
      } finally {
        closeSync(fd);
      }
    });
  } catch {
    return true; // its end is still to be heard of, or it cannot be looked at
  }
}

/**
 * From here on a connection is read as telnet, within the limits: by this process and by its children.
 *
 * @param connection a client's
 */
export function limit(connection: Connection): void {
  const limits = read_limits();
  telnet(connection, limits, (why) => {
    STDOUT.print(`Eliza:\tOur time is up, ${why}.\n`);
    syslog('notice', `Connection ended ${why}`);
  });
}
