/**
 * Systemd::Daemon: sockets that are handed over at an exec, and messages to the service manager.
 *
 * The protocols are systemd's, and simple: LISTEN_FDS says how many descriptors from 3 on are listening sockets,
 * LISTEN_PID for whom they are meant; NOTIFY_SOCKET is a datagram socket for lines such as `READY=1`. A relaunch of ours
 * hands its own socket over in the same way, so that no client is turned away meanwhile; and with it, in HUP_PENDING, a HUP
 * that it has not handled yet, so that two HUPs are two relaunches.
 *
 * @module
 */
import { closeSync, writeSync } from 'node:fs';
import { C, libc, sockaddr_un } from '../libc.ts';
import { is_pending, SIG, signo } from '../perlipc.ts';
import { END } from '../perlmod.ts';
import { $, ENV, set_errno } from '../perlvar.ts';

const FIRST = 3;
const names = ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES', 'HUP_PENDING'];
let hang_up = false; // the program before this one left a HUP to be handled

/** @returns the descriptors that were handed to this process */
export function listen_fds(): number[] {
  if (Number(ENV.LISTEN_PID?.match(/^\d+$/)?.[0]) !== $['$']) return [];
  const count = Number(ENV.LISTEN_FDS?.match(/^\d{1,2}$/)?.[0] ?? 0);
  return Array.from({ length: count }, (_, i) => FIRST + i);
}

/** Takes the descriptors, once: their variables go, and an exec will close them. @returns the descriptors */
export function take_listen_fds(): number[] {
  const fds = listen_fds();
  hang_up = fds.length > 0 && ENV.HUP_PENDING !== undefined;
  for (const name of names) delete ENV[name];
  for (const fd of fds) libc().fcntl(fd, C.F_SETFD, C.FD_CLOEXEC);
  return fds;
}

let handed: number[] = [];

/**
 * Hands listening sockets to the program that this process will execute.
 *
 * @param fds the sockets
 */
export function hand_over(fds: number[]): void {
  handed = fds;
}

/**
 * Calls exec with the sockets in their places, where this process has other descriptors: Node's, which it needs again only
 * if exec fails.
 *
 * @param exec what replaces the program; it returns when that fails
 */
export function with_listen_fds(exec: () => void): void {
  if (handed.length === 0) {
    exec();
    return;
  }
  const { close, dup2, fcntl } = libc();
  const above = FIRST + handed.length;
  const place = (fds: number[]): void => { fds.forEach((fd, i) => fd === -1 ? close(FIRST + i) : dup2(fd, FIRST + i)); };
  const saved = handed.map((_, i) => fcntl(FIRST + i, C.F_DUPFD_CLOEXEC, above));
  const sockets = handed.map((fd) => fcntl(fd, C.F_DUPFD_CLOEXEC, above));
  place(sockets);
  const [LISTEN_PID, LISTEN_FDS] = [String($['$']), String(handed.length)];
  Object.assign(process.env, { LISTEN_PID, LISTEN_FDS }, is_pending('HUP') && { HUP_PENDING: '1' });
  SIG.HUP = 'IGNORE'; // it must not end the program that follows before that has a handler (erratum 6)
  exec();
  const { errno } = $;
  for (const name of names) delete ENV[name];
  place(saved);
  for (let fd = FIRST; fd < above; fd++) fcntl(fd, C.F_SETFD, C.FD_CLOEXEC);
  for (const fd of [...saved, ...sockets]) close(fd);
  $['!'] = errno;
}

/** Tells the service manager, if there is one. A message that cannot be sent is dropped: no client depends on it. */
function sd_notify(state: string): void {
  const name = ENV.NOTIFY_SOCKET?.match(/^[/@][^\0]{1,106}$/)?.[0];
  if (name === undefined) return;
  const { socket, connect } = libc();
  const address = sockaddr_un(name);
  const fd = set_errno(socket(C.AF_UNIX, C.SOCK_DGRAM | C.SOCK_CLOEXEC, 0));
  if (fd === -1) return;
  try {
    if (connect(fd, address, address.length) === 0) writeSync(fd, state);
  } catch {
    // the manager has gone
  } finally {
    closeSync(fd);
  }
}

/** To be called once, when the daemon serves: says so, and at its end that it stops. A HUP left over is handled now. */
export function ready(): void {
  const main = $['$'];
  END(() => { if ($['$'] === main) sd_notify('STOPPING=1'); }); // a child has the block as well
  sd_notify(`READY=1\nMAINPID=${main}`);
  if (hang_up) libc().kill(main, signo('HUP'));
  hang_up = false;
}

/** A restart begins. */
export function reload(): void {
  sd_notify(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
}

/** A restart was given up: the daemon serves as before. */
export function go_on(): void {
  sd_notify('READY=1');
}
