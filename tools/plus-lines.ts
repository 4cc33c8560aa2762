/**
 * Why our mirror files have lines that the Perl has not.
 *
 * @module
 */

/** By file: how such a line begins, and why it is there. */
export const plus_lines: Readonly<Record<string, readonly (readonly [begins: string, why: string])[]>> = {
  'eliza_hup.ts': [
    ['const ELIZA_SCRIPT', 'the script is read before the chroot, once: no child reads a file (erratum 3)'],
    ['END(END_block)', 'Perl registers the block while it compiles; here a line must do it'],
    ["pledge('stdio')", 'from here on the child can talk, and nothing else (erratum 39)'],
    ['if (!await perl_c())', 'a program that could not be started is not relaunched (erratum 5)'],
  ],
  'Daemon.ts': [
    ['import { Children', 'the table of children counts who is served, and refuses whom it cannot serve'],
    ['import { fork_daemon', 'the starting command waits until the daemon serves (erratum 18)'],
    ['import {', 'what Perl has built in must be imported here'],
    ['setlogfile(', 'where there is no /dev/log the log goes to a file (erratum 20)'],
    ['if (!foreground)', '--foreground: stay attached'],
    ['}', 'closes that block'],
    ['SIG.__DIE__ = undefined', 'the message has been logged: the hook must not log it again'],
  ],
};
