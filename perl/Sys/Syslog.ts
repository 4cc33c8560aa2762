/**
 * Sys::Syslog: openlog, syslog, setlogsock.
 *
 * The daemon alone has the log, as sshd's monitor has. A child has one end of a socket pair and sends its lines there; the
 * kernel says with each whose it is, and the daemon puts time, name and pid before it. So a child that was taken over can
 * forge none of these, reach no log, and write no more than a bounded number of bytes. The pair is read dry when a child is
 * reaped, and before a relaunch or the end: what a child has said comes before what the daemon says of its end.
 *
 * The lines go to the system's log; where there is none to a file beside the pid file, in the form a syslogd would give
 * them; with `--foreground` to STDERR. Neither the daemon nor a child ever waits for one of these: see Log/Dispatch.ts.
 *
 * @module
 */
import { constants } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { C, c_errno, libc, Message, type Poll, readable, usleep } from '../libc.ts';
import { Dispatch, open_log, to_file, to_socket, to_stderr } from '../Log/Dispatch.ts';
import { keep_open } from '../OpenBSD/Pledge.ts';
import { die } from '../perlfunc.ts';
import { before_end } from '../perlmod.ts';
import { foreground, paint, program } from '../perlrun.ts';
import { Tainted, type Text } from '../perlsec.ts';
import { $, attempt, ENV, set_errno } from '../perlvar.ts';

const LOG = '/dev/log';

const facilities = { daemon: 3 << 3, local0: 16 << 3 } as const;
const priorities = { crit: 2, warning: 4, notice: 5, debug: 7 } as const;

/** The priorities that Daemon.pm logs with. */
export type Priority = keyof typeof priorities;

const names = Object.keys(priorities) as Priority[];

let logfile: string | undefined;
let lost_before = 0; // by the program before this one, see at_end()

/**
 * Where the lines go when the system has no log. Says so on STDERR; a file that cannot be
 * written is found out now, too. To be called before the daemon leaves the terminal, where both can still be read.
 *
 * @param pidfile the log goes beside it: `eliza_hup.log` beside `eliza_hup.pid`
 * @throws PerlDie when the file cannot be written
 */
export function setlogfile(pidfile: string): void {
  const lost = ENV.SYSLOG_LOST?.match(/^\d{1,9}$/)?.[0];
  delete ENV.SYSLOG_LOST;
  lost_before = Number(lost ?? 0);
  if (foreground || lost !== undefined || to_socket(LOG).connect()) return;
  logfile = join(dirname(pidfile), `${basename(pidfile, '.pid')}.log`);
  const path = logfile;
  if (!attempt(() => { libc().close(open_log(path)); })) die(`Can't write the log ${path}: ${$['!']}\n`);
  process.stderr.write(`${program}: no ${LOG} here, so the log goes to ${path}\n`);
}

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec';

/** `Nov 22 17:20:34`, as syslog(3) writes it. */
function time(): string {
  const now = new Date();
  const month = months.slice(4 * now.getMonth(), 4 * now.getMonth() + 3); // not Intl's, which takes longer than a reply
  const clock = [now.getHours(), now.getMinutes(), now.getSeconds()].map((n) => String(n).padStart(2, '0')).join(':');
  return `${month} ${String(now.getDate()).padStart(2)} ${clock}`;
}

let format: (priority: Priority, pid: number, text: string) => string;
let log: Dispatch | undefined;
let pair: { daemon: number; child: number; watch: Poll } | undefined; // without a reference the watch would end
let daemon = -1; // the pid of the process that has the log

/**
 * Chooses how to reach the log. The original asks for a socket in the file system, and so do we where there is one.
 *
 * @param _type `unix`
 */
export function setlogsock(_type: 'unix'): void {
  log = undefined;
}

/**
 * Opens the log, at once.
 *
 * @param ident the program's name in each line
 * @param _logopt `pid`: the pid is in each line
 * @param facility which part of the system logs
 * @throws PerlDie when there are no descriptors left
 */
export function openlog(ident: Text, _logopt: 'pid', facility: keyof typeof facilities): void {
  const name = Tainted.raw(ident);
  const line = (pid: number, text: string): string => `${time()} ${name}[${pid}]: ${text}`;
  format = foreground
    ? (priority, pid, text) => paint(priority, `${line(pid, text)}\n`)
    : logfile === undefined
      ? (priority, pid, text) => `<${facilities[facility] | priorities[priority]}>${line(pid, text)}`
      : (_, pid, text) => `${line(pid, text)}\n`;
  daemon = $['$'];
  const output = foreground ? to_stderr() : logfile === undefined ? to_socket(LOG) : to_file(logfile);
  log = new Dispatch(output, (lost) => Buffer.from(format('warning', daemon, `${lost} lines lost`)), lost_before);
  pair ??= open_pair();
  keep_open(pair.child);
}

/** One packet a line. Of all kinds of socket it is this one whose packets cannot be addressed to somebody else. */
function open_pair(): NonNullable<typeof pair> {
  const { socketpair, setsockopt } = libc();
  const ends = new Int32Array(2);
  if (set_errno(socketpair(C.AF_UNIX, C.SOCK_SEQPACKET | C.SOCK_CLOEXEC, 0, ends)) === -1) die(`Can't log: ${$['!']}\n`);
  const [daemon = -1, child = -1] = ends;
  setsockopt(daemon, C.SOL_SOCKET, C.SO_PASSCRED, Int32Array.of(1), 4);
  before_end.push(at_end);
  const watch = readable(daemon, drain);
  watch.unref();
  return { daemon, child, watch };
}

/**
 * The mask of a priority and of all that are more urgent, for {@link setlogmask}.
 *
 * @param priority the least urgent
 * @returns the mask
 */
export function LOG_UPTO(priority: Priority): number {
  return (2 << priorities[priority]) - 1;
}

let mask = LOG_UPTO('debug');

/**
 * Chooses what is worth writing.
 *
 * @param priorities which lines are written from now on: see {@link LOG_UPTO}
 */
export function setlogmask(priorities: number): void {
  mask = priorities;
}

/**
 * Writes one line to the log; before openlog it goes nowhere.
 *
 * @param priority how urgent
 * @param message the text, with or without its newline. Control bytes in it appear as #OOO, octal, so that no
 *   client can forge a line of the log
 */
export function syslog(priority: Priority, message: Text): void {
  if (pair === undefined || (mask & (1 << priorities[priority])) === 0) return;
  const text = Tainted.raw(message);
  if ($['$'] !== daemon) {
    tell(priorities[priority], text);
    return;
  }
  write(priority, daemon, text);
}

function write(priority: Priority, pid: number, message: string): void {
  const octal = (c: string): string => `#${c.charCodeAt(0).toString(8).padStart(3, '0')}`;
  log?.log(Buffer.from(format(priority, pid, message.trimEnd().replace(/[\x00-\x1f\x7f-\x9f]/g, octal))));
}

// What a child says: its priority, how many lines before this one it had to drop, and the text.
const SIZE = 8192; // bytes of it; the rest of a longer line is dropped
const SHARE = 1024 * 1024; // bytes that one child may say in all
const QUEUE = 1024; // more packets than the pair holds
const PATIENCE = 100; // hundredths of a second

const packet = Buffer.alloc(SIZE);
let dropped = 0;

/**
 * In a child. Where the pair is full, since the daemon stands still or others say too much, it waits a second for room, and
 * then for no more lines until there is some.
 */
function tell(priority: number, text: string): void {
  if (pair === undefined) return;
  const length = packet.write(`${priority} ${dropped} ${text}`);
  for (let tries = dropped > 0 ? PATIENCE : 1; tries <= PATIENCE; tries++) {
    if (libc().sendto(pair.child, packet, length, C.MSG_DONTWAIT | C.MSG_NOSIGNAL, null, 0) === length) {
      dropped = 0;
      return;
    }
    if (c_errno() !== constants.errno.EAGAIN) return; // the daemon was killed
    usleep(10_000);
  }
  dropped++;
}

const message = new Message(SIZE);
const said = new Map<number, number>(); // bytes, by pid

/** In the daemon: reads all that its children have said until now. */
function drain(): void {
  if (pair === undefined || $['$'] !== daemon) return; // a child has the event loop's watch, too
  for (let n = 0; n < QUEUE; n++) {
    const length = message.receive(pair.daemon);
    if (length < 0) return;
    hear(message.pid, message.bytes.toString('utf8', 0, length));
  }
}

/** A line of a child's, or what somebody who has taken it over wants to pass for one. */
function hear(pid: number, line: string): void {
  const [, number, dropped = '0', text = line] = /^(\d) (\d{1,6}) ([^]*)$/.exec(line) ?? [];
  const all = (said.get(pid) ?? 0) + line.length;
  said.set(pid, all);
  if (log) log.lost += Number(dropped) + (all > SHARE ? 1 : 0);
  if (all > SHARE) return;
  write(names.find((name) => priorities[name] === Number(number)) ?? 'notice', pid, text);
}

/**
 * To be called when a child has ended: reads what it has still said.
 *
 * @param pid the child's
 */
export function reaped(pid: number): void {
  drain();
  said.delete(pid);
  log?.flush(); // of lines beyond its share
}

/** Before the daemon ends or executes a program: what it was told and has kept is written. */
function at_end(): void {
  if ($['$'] !== daemon) return;
  drain();
  log?.finish();
  // The program that follows a HUP logs to the same place, even while nobody listens there.
  if (!foreground && logfile === undefined) process.env.SYSLOG_LOST = String(log?.lost ?? 0);
}
