/**
 * Why our mirror files have lines that the Perl has not.
 *
 * @module
 */

/** By file: how such a line begins, and why it is there. */
export const plus_lines: Readonly<Record<string, readonly (readonly [begins: string, why: string])[]>> = {
  'eliza_hup.ts': [
    ['import { do_relaunch', 'one import line is too short for all that Daemon gives'],
    ['import { constant', 'the constants may be overridden from outside, and are checked'],
    ['const ELIZA_SCRIPT', 'the script is read before the chroot, once: no child reads a file (erratum 3)'],
    ['warn_unprotected', 'who is not root is told what he goes without'],
    ['Eliza.prototype._testquit', 'Perl redefines the method while it compiles; here a line must do it'],
    ['END(END_block)', 'Perl registers the block while it compiles; here a line must do it'],
    ['let connection', 'Perl declares it within the condition'],
    ['if (child === undefined) connection.print', 'a client whom no child can serve is told so (erratum 24)'],
    ['closefrom(3)', 'the child keeps no descriptor but the client and the log (erratum 39)'],
    ["SIG.HUP = 'IGNORE'", 'a HUP must not bring back a server that was told to end (erratum 9)'],
  ],
  'Daemon.ts': [
    ['import {', 'what Perl has built in must be imported here'],
    ['export type Callback', 'a name for a type'],
    ['setlogfile(', 'where there is no /dev/log the log goes to a file (erratum 20)'],
    ['if (!foreground)', '--foreground: stay attached'],
    ['}', 'closes a block that Perl has not, or closes on a line of its own'],
    ['const child = fork()', 'Perl forks within the condition of the next line'],
    ['const signal = WTERMSIG', 'a child killed by a signal is worth a warning (erratum 26)'],
    ['if (signal !== 0', 'the same'],
    ['SIG.__DIE__ = undefined', 'the message has been logged: the hook must not log it again'],
  ],
};
