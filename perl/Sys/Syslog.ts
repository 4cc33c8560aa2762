/**
 * Sys::Syslog: openlog, syslog, setlogsock.
 *
 * Where the system has a log, the lines go there by syslog(3). Where it has none they go to a file beside the pid
 * file, in the form a syslogd would give them, and with `--foreground` to STDERR. Whatever the place, it is opened
 * before the chroot, so that children can log; and a message is never a format.
 *
 * @module
 */
import { openSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { C, libc, sockaddr_un } from '../libc.ts';
import { keep_open } from '../OpenBSD/Pledge.ts';
import { die } from '../perlfunc.ts';
import { foreground, paint, program } from '../perlrun.ts';
import { Tainted, type Text } from '../perlsec.ts';
import { $, attempt, set_errno } from '../perlvar.ts';

const LOG = '/dev/log';
const LOG_PID = 0x01;
const LOG_NDELAY = 0x08;

const facilities = { daemon: 3 << 3, local0: 16 << 3 } as const;
const priorities = { crit: 2, warning: 4, notice: 5, debug: 7 } as const;

/** The priorities that Daemon.pm logs with. */
export type Priority = keyof typeof priorities;

/** A place for log lines: its descriptor, which a child must keep, and how a line gets there. */
interface Log {
  fd: () => number;
  write: (priority: Priority, text: string) => void;
}

let log: Log | undefined;
let file: string | undefined;
let name: Buffer = Buffer.from('\0');

/**
 * Where the lines go when the system has no log. Says so on STDERR; a file that cannot be
 * written is found out now, too. To be called before the daemon leaves the terminal, where both can still be read.
 *
 * @param pidfile the log goes beside it: `eliza_hup.log` beside `eliza_hup.pid`
 * @throws PerlDie when the file cannot be written
 */
export function setlogfile(pidfile: string): void {
  if (foreground || reachable()) return;
  file = join(dirname(pidfile), `${basename(pidfile, '.pid')}.log`);
  const path = file;
  if (!attempt(() => { libc().close(openSync(path, 'a', 0o640)); })) die(`Can't write the log ${path}: ${$['!']}\n`);
  process.stderr.write(`${program}: no ${LOG} here, so the log goes to ${file}\n`);
}

/** Whether a log daemon listens: that the socket's name is there does not say so. */
function reachable(): boolean {
  const { socket, connect, close } = libc();
  const address = sockaddr_un(LOG);
  const fd = set_errno(socket(C.AF_UNIX, C.SOCK_DGRAM, 0));
  const connected = connect(fd, address, address.length) === 0;
  close(fd);
  return connected;
}

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec';

/** A line as syslogd writes it to a file: `Nov 22 17:20:34 eliza_hup.js[123]: text`. */
function line(text: string): string {
  const now = new Date();
  const month = months.slice(4 * now.getMonth(), 4 * now.getMonth() + 3); // not Intl's, which takes longer than a reply
  const day = String(now.getDate()).padStart(2);
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map((n) => String(n).padStart(2, '0')).join(':');
  const ident = name.toString('utf8', 0, name.length - 1);
  return `${month} ${day} ${time} ${ident}[${$['$']}]: ${text}\n`;
}

function append(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  libc().write(fd, bytes, bytes.length);
}

/** Opens a log with a descriptor that a duplicate of STDERR, a file or the C library's own socket has. */
const kinds = {
  stderr: (): Log => {
    const fd = libc().fcntl(2, C.F_DUPFD_CLOEXEC, 3); // STDERR itself will be a client's
    return { fd: () => fd, write: (priority, text) => { append(fd, paint(priority, line(text))); } };
  },
  file: (path: string): Log => {
    const fd = openSync(path, 'a', 0o640);
    return { fd: () => fd, write: (_, text) => { append(fd, line(text)); } };
  },
  unix: (option: number, facility: number): Log => {
    const { openlog } = libc();
    const before = candidates.map(peer);
    openlog(name, option, facility);
    let fd = candidates.find((fd) => before[fd] === undefined && peer(fd) !== undefined) ?? -1;
    const place = peer(fd); // which need not be /dev/log: that may be a link
    return {
      // The C library opens its socket again when syslogd has been restarted, and does not say where.
      fd: () => (fd = peer(fd) === place ? fd : candidates.find((other) => peer(other) === place) ?? -1),
      write: (priority, text) => { libc().syslog(priorities[priority], '%s', 'const char *', text); },
    };
  },
};

/** Where the other end of a descriptor is bound in the file system; undefined when it is no such socket. */
function peer(fd: number): string | undefined {
  const address = Buffer.alloc(110);
  const size = Uint32Array.of(address.length);
  if (libc().getpeername(fd, address, size) !== 0 || address.readUInt16LE(0) !== C.AF_UNIX) return undefined;
  return address.toString('latin1', 2, size[0]);
}

/** The descriptors among which the log's is. */
const candidates = Array.from({ length: 256 }, (_, fd) => fd);

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
 */
export function openlog(ident: Text, _logopt: 'pid', facility: keyof typeof facilities): void {
  name = Buffer.from(`${Tainted.raw(ident)}\0`); // the C library keeps the pointer, so the bytes must stay
  if (foreground) log = kinds.stderr();
  else if (file !== undefined) log = kinds.file(file);
  else log = kinds.unix(LOG_PID | LOG_NDELAY, facilities[facility]);
  keep_open(() => log?.fd() ?? -1, file !== undefined);
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
  if ((mask & (1 << priorities[priority])) === 0) return;
  const octal = (c: string): string => `#${c.charCodeAt(0).toString(8).padStart(3, '0')}`;
  const text = Tainted.raw(message).trimEnd().replace(/[\x00-\x1f\x7f]/g, octal);
  log?.write(priority, text);
}
