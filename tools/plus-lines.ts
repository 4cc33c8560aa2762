/**
 * Why our mirror files have lines that the Perl has not.
 *
 * @module
 */

/** By file: how such a line begins, and why it is there, in English and in Spanish. */
export const plus_lines: Readonly<Record<string, readonly (readonly [begins: string, why: string, por_que: string])[]>> = {
  'eliza_hup.ts': [
    ['const ELIZA_SCRIPT', 'the script is read before the chroot, once: no child reads a file (erratum 3)',
      'el guion se lee antes del chroot, una sola vez: ningún hijo lee un fichero (errata 3)'],
    ['END(END_block)', 'Perl registers the block while it compiles; here a line must do it',
      'Perl inscribe el bloque al compilarlo; aquí tiene que hacerlo una línea'],
    ["pledge('stdio')", 'from here on the child can talk, and nothing else (erratum 39)',
      'desde aquí el hijo puede conversar, y nada más (errata 39)'],
    ['if (!await perl_c())', 'a program that could not be started is not relaunched (erratum 5)',
      'un programa que no podría arrancar no se rearranca (errata 5)'],
  ],
  'Daemon.ts': [
    ['import { Children', 'the table of children counts who is served, and refuses whom it cannot serve',
      'la tabla de los hijos cuenta a quién se atiende, y rechaza a quien no se puede atender'],
    ['import { fork_daemon', 'the starting command waits until the daemon serves (erratum 18)',
      'la orden que lo arranca espera hasta que el demonio atiende (errata 18)'],
    ['import {', 'what Perl has built in must be imported here',
      'lo que Perl trae incorporado aquí hay que importarlo'],
    ['setlogfile(', 'where there is no /dev/log the log goes to a file (erratum 20)',
      'donde no hay /dev/log, el registro va a un fichero (errata 20)'],
    ['if (!foreground)', '--foreground: stay attached',
      '--foreground: no separarse de la terminal'],
    ['}', 'closes that block',
      'cierra ese bloque'],
    ['SIG.__DIE__ = undefined', 'the message has been logged: the hook must not log it again',
      'el mensaje ya está en el registro: el gancho no debe registrarlo otra vez'],
  ],
};
