/**
 * Proc::Daemon: the fork that makes a daemon. The process that starts it waits until it is ready, and exits with 0 then.
 *
 * @module
 */
import { closeSync, readSync, writeSync } from 'node:fs';
import { fork } from '../fork.ts';
import { C, libc } from '../libc.ts';
import { die, kill } from '../perlfunc.ts';
import { hold_until_turn, SIG, told_to_end } from '../perlipc.ts';
import { $, attempt, set_errno } from '../perlvar.ts';

let ends: [parent: number, child: number] | undefined; // of a socket pair
let listeners: number[] = [];

/**
 * Notes the sockets on which the daemon will listen. The process that starts it closes its own descriptors of them after the
 * fork: it may live on a moment longer than a daemon that is ended at once, whose port must not answer any more.
 *
 * @param fds the sockets
 */
export function listens(fds: number[]): void {
  listeners = fds;
}

/**
 * Forks, with a socket pair by which the child says that it is ready. TERM and INT are held back meanwhile, see perlipc.ts:
 * what comes before the fork ends the start; after it they end the parent at once, since that only waits and would run no
 * handler, and the child by its handlers, before it says that it is ready.
 *
 * @returns as fork
 * @throws PerlDie when TERM or INT has come already
 */
export function fork_daemon(): number | undefined {
  const pair = new Int32Array(2);
  const type = C.SOCK_STREAM | C.SOCK_CLOEXEC;
  if (set_errno(libc().socketpair(C.AF_UNIX, type, 0, pair)) === 0) ends = [pair[0] ?? -1, pair[1] ?? -1];
  hold_until_turn();
  if (told_to_end()) die('Ended while it started\n');
  const child = fork();
  if (child) {
    SIG.TERM = SIG.INT = 'DEFAULT';
    const told = told_to_end();
    if (told) kill(told, $['$']);
    for (const fd of listeners) closeSync(fd);
  }
  return child;
}

/**
 * In the parent: waits until the daemon is ready, and answers it. From the answer on TERM comes too late for the parent: the
 * daemon has begun to serve, and is the one to be told.
 *
 * @returns the status to exit with: 0, or 255 when the daemon ended before
 */
export function wait_ready(): number {
  if (!ends) return 0;
  const [parent, child] = ends;
  closeSync(child);
  if (readSync(parent, Buffer.alloc(1)) !== 1) return 255;
  SIG.TERM = SIG.INT = 'IGNORE';
  writeSync(parent, '.');
  readSync(parent, Buffer.alloc(1)); // until the daemon has closed its end: then it has no more descriptors than it keeps
  return 0;
}

/**
 * In the daemon, once: tells the parent, and waits for its answer.
 *
 * @throws PerlDie when the parent has gone: a signal that ended the command was meant for the daemon
 */
export function ready(): void {
  if (!ends) return;
  const [parent, child] = ends;
  ends = undefined;
  closeSync(parent); // or the daemon itself would be the one that reads
  let answered = 0;
  const asked = attempt(() => {
    writeSync(child, '.');
    answered = readSync(child, Buffer.alloc(1));
  });
  if (!asked || answered === 0) die('Ended while it started\n');
  closeSync(child);
}
