/**
 * perlrun: the interpreter, as eliza_hup.pl's first line calls it. It takes its own switches before the program sees
 * @ARGV, makes fork possible, and catches what the program did not.
 *
 * Import it first: by the time the program's own lines run, all this is done.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { prepare } from './fork.ts';
import { known } from './Linux/Seccomp.ts';
import { die_uncaught, exit } from './perlfunc.ts';
import { Tainted } from './perlsec.ts';
import { ARGV } from './perlvar.ts';

/** The program's name, as its own messages on STDERR begin. */
export const program = basename(process.argv[1] ?? 'eliza_hup.js');

const help = `Usage: node ${program} [--foreground] [PORT]

ELIZA for telnet: each client talks to a child of its own. PORT is 1 to 65535, 1002 where none is given.

  --foreground  stay attached to the terminal and print the log on stderr
  --help        print this and end
  --version     print the version and end

Signals to the daemon: TERM and INT end it, HUP restarts it, conversations and all.

Environment, each one in place of a constant of the program:
  ELIZA_PIDFILE  where the pid goes       /var/run/eliza_hup.pid, or a folder of yours when you are not root
  ELIZA_USER     who the daemon becomes   nobody, when root starts it
  ELIZA_GROUP    with which group         nogroup, when root starts it
  ELIZA_HOME     where children are put   /var/www/, when root starts it
  ELIZA_SCRIPT   what ELIZA says          the DOCTOR of this package

Limits, whole numbers from 1 on, from the environment too:
  ELIZA_CONVERSATIONS  at once            64
  ELIZA_PER_ADDRESS    from one address   48
  ELIZA_IDLE           seconds of silence 900
  ELIZA_SESSION        seconds in all     7200
  ELIZA_LINE           bytes of a line    4096
  ELIZA_LOG_RATE       connections a second that get log lines of their own   100
`;

/** One line on STDERR and status 2: what every usage error gets. */
function usage(message: string): never {
  process.stderr.write(`${program}: ${message}; see node ${program} --help\n`);
  process.exit(2);
}

function take_switches(): { foreground: boolean } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { foreground: { type: 'boolean' }, help: { type: 'boolean' }, version: { type: 'boolean' } },
    });
    if (values.help) {
      process.stdout.write(help);
      process.exit(0);
    }
    if (values.version) {
      const file = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
      const { name, version } = JSON.parse(file) as Record<string, string>;
      process.stdout.write(`${name} ${version}\n`);
      process.exit(0);
    }
    const [port, extra] = positionals;
    if (extra !== undefined) usage(`one port, please, not "${extra}" as well`);
    if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65535)) {
      usage(`"${port}" is not a port: a number from 1 to 65535`);
    }
    ARGV.splice(0, ARGV.length, ...positionals.map((word) => new Tainted(word)));
    return { foreground: values.foreground ?? false };
  } catch (error) {
    return usage(error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error));
  }
}

/** Whether the process stays attached: the `--foreground` switch. */
export const foreground = take_switches().foreground;

/**
 * The arguments with which the interpreter runs a program as it runs this one: Perl's `-T`, and for us node's own
 * switches before the program and its own after it.
 *
 * @param program the program
 * @param args its arguments
 * @returns all of them, in order
 */
export function switches(program: string, ...args: string[]): string[] {
  return [...process.execArgv, program, ...(foreground ? ['--foreground'] : []), ...args];
}

if (process.platform !== 'linux') {
  process.stderr.write(`${program}: needs Linux for fork and chroot: run it in a Linux container, or on Windows in WSL\n`);
  process.exit(255);
}
if (!known) {
  process.stderr.write(`${program}: can't fork on ${process.arch}: it takes Linux on x64 or arm64\n`);
  process.exit(255);
}
process.on('uncaughtException', die_uncaught);
process.on('beforeExit', () => exit(0)); // the end of the program
prepare();

/**
 * Colours a log line by its priority, where STDERR is a terminal and NO_COLOR is unset; set up for `--foreground` only.
 *
 * @param _priority what the colour depends on
 * @param line the line
 * @returns the line coloured, or as it is
 */
export let paint = (_priority: 'crit' | 'warning' | 'notice' | 'debug', line: string): string => line;

if (foreground && process.stderr.isTTY && !process.env.NO_COLOR) {
  const { chalkStderr: chalk } = await import('chalk');
  const colours = { crit: chalk.red, warning: chalk.yellow, notice: chalk.green, debug: chalk.gray };
  paint = (priority, line) => line.replace(/\]: .*/, (text) => `]: ${colours[priority](text.slice(3))}`);
}
