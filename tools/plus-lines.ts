/**
 * Why our mirror files have lines that the Perl has not.
 *
 * @module
 */

/** By file: how such a line begins, and why it is there. */
export const plus_lines: Readonly<Record<string, readonly (readonly [begins: string, why: string])[]>> = {
  'eliza_hup.ts': [
    ['import { can_relaunch', 'one import line is too short for all that Daemon gives'],
    ['const ELIZA_SCRIPT', 'the script is read before the chroot, once: no child reads a file (erratum 3)'],
    ['Eliza.prototype._testquit', 'Perl redefines the method while it compiles; here a line must do it'],
    ['END(END_block)', 'Perl registers the block while it compiles; here a line must do it'],
    ['let connection', 'Perl declares it within the condition'],
    ['if (child === undefined) connection.print', 'a client whom no child can serve is told so (erratum 24)'],
    ["pledge('stdio')", 'from here on the child can talk, and nothing else (erratum 39)'],
    ['if (!welcome(', 'telnet, limits, and a word to whom there is no room for (errata 31, 38)'],
    ["SIG.HUP = 'IGNORE'", 'a HUP must not bring back a server that was told to end (erratum 9)'],
    ['if (!await can_relaunch())', 'look before you leap: a program that cannot start is not relaunched (erratum 5)'],
  ],
  'Daemon.ts': [
    ['import {', 'what Perl has built in must be imported here'],
    ['import * as systemd', 'what Perl has built in must be imported here'],
    ['export { welcome', 'the limits of a conversation, for the program'],
    ['export type Callback', 'a name for a type'],
    ['setlogfile(', 'where there is no /dev/log the log goes to a file (erratum 20)'],
    ['systemd.ready(', 'the starting command, and a service manager, wait for this word (erratum 18)'],
    ['if (!foreground)', '--foreground: stay attached'],
    ['systemd.promise_readiness(', 'the starting command waits until the pid file is right (erratum 18)'],
    ['}', 'closes a block that Perl has not, or closes on a line of its own'],
    ['const unlogged', 'counts who comes: how many, from where, how fast'],
    ['if (unlogged', 'a flood of connections gets one line a second in the log'],
    ['const child = fork()', 'Perl forks within the condition of the next line'],
    ['guests.', 'counts who comes and goes'],
    ['if (guests.quiet)', 'the connections beyond so many a second are not logged one by one'],
    ['const signal = WTERMSIG', 'a child killed by a signal is worth a warning (erratum 26)'],
    ['if (signal !== 0', 'the same'],
    ['systemd.stop(', 'a service manager is told that the end has begun'],
    ['const patience', 'a child that does not end on TERM is killed (erratum 8)'],
    ['clearTimeout(patience', 'the same'],
    ['async function can_relaunch', 'asks whether the program could be started before the old one is given up (erratum 5)'],
    ['systemd.reload(', 'a service manager is told that a restart has begun'],
    ['const complaint', 'perl -c, by the program that would follow'],
    ['if (complaint)', 'the log says why not, and everything stays as it was'],
    ['return !complaint', 'the answer'],
    ["SIG.HUP = 'IGNORE'", 'a HUP must not end the program that follows before it has a handler (erratum 6)'],
    ['SIG.__DIE__ = undefined', 'the message has been logged: the hook must not log it again'],
  ],
};
