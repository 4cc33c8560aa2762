/**
 * Pod::Usage: what `--help` prints. Perl takes it from the program's own documentation; here it stands by itself, so that
 * the mirror stays plain.
 *
 * @module
 */

/**
 * @param program the program's name
 * @returns how to call it, and what its environment sets
 */
export function pod2usage(program: string): string {
  return `Usage: node ${program} [--foreground] [-c] [PORT]

ELIZA for telnet: each client talks to a child of its own. PORT is 1 to 65535, 1002 where none is given.

  --foreground  stay attached to the terminal and print the log on stderr
  -c            check program, script and settings, open nothing, end
  --help        print this and end
  --version     print the version and end

Signals to the daemon: TERM and INT end it, HUP restarts it, conversations and all.

Environment, each one in place of a constant of the program:
  ELIZA_PIDFILE  where the pid goes       /var/run/eliza_hup.pid, or a folder of yours when you are not root
  ELIZA_USER     who the daemon becomes   nobody, when root starts it
  ELIZA_GROUP    with which group         nogroup, or nobody's own, when root starts it
  ELIZA_HOME     where children are put   /var/www/, when root starts it
  ELIZA_SCRIPT   what ELIZA says          the DOCTOR of this package

Limits, whole numbers from 1 on, from the environment too:
  ELIZA_CONVERSATIONS  at once            64
  ELIZA_PER_ADDRESS    from one address   48
  ELIZA_IDLE           seconds of silence 900
  ELIZA_SESSION        seconds in all     7200
  ELIZA_LINE           bytes of a line    4096
  ELIZA_LOG_RATE       connections a second that get log lines of their own   100

ELIZA_FORK=plain leaves out what only makes conversations cheaper: see docs/19-fork.md.
`;
}
