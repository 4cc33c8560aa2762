/**
 * POSIX: the signal sets, and what else Daemon.pm imports from the module.
 *
 * @module
 */
import { libc } from './libc.ts';
import { hold, sigset_t, type Signal } from './perlipc.ts';
import { set_errno } from './perlvar.ts';

// The four signals that launch_child holds back, by name.
/** Ctrl-C at a terminal. */
export const SIGINT = 'INT';
/** A child has ended. */
export const SIGCHLD = 'CHLD';
/** The polite request to end. */
export const SIGTERM = 'TERM';
/** The terminal is gone; to a daemon: start again. */
export const SIGHUP = 'HUP';

/** {@link sigprocmask} is to hold signals back. */
export const SIG_BLOCK = 0;
/** {@link sigprocmask} is to let them go. */
export const SIG_UNBLOCK = 1;

/** waitpid returns at once when no child has ended. */
export const WNOHANG = 1;

/**
 * @param status a wait status, as waitpid gives it
 * @returns the signal that ended the process, 0 when it exited by itself
 */
export function WTERMSIG(status: number): number {
  return status & 127;
}

/** A set of signals: `POSIX::SigSet`. */
export class SigSet {
  /** The members. */
  readonly signals: readonly Signal[];

  /**
   * A set of what it is given.
   *
   * @param signals the members
   */
  constructor(...signals: Signal[]) {
    this.signals = signals;
  }

  /** @returns the set as the C library's sigset_t */
  sigset_t(): Buffer {
    return sigset_t(this.signals);
  }
}

/**
 * Holds signals back, or lets them go, in the kernel and for what Node has already taken from it: a handler that
 * fell due meanwhile runs once, at SIG_UNBLOCK.
 *
 * @param how SIG_BLOCK or SIG_UNBLOCK
 * @param set which signals
 */
export function sigprocmask(how: typeof SIG_BLOCK | typeof SIG_UNBLOCK, set: SigSet): void {
  if (how === SIG_BLOCK) hold(set.signals, true);
  libc().pthread_sigmask(how, set.sigset_t(), null);
  if (how === SIG_UNBLOCK) hold(set.signals, false);
}

/** Starts a session of its own: no terminal can signal it. @returns the session, -1 with `$!` set */
export function setsid(): number {
  return set_errno(libc().setsid());
}
