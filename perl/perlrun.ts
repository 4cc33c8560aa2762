/**
 * perlrun: the interpreter, as eliza_hup.pl's first line calls it. It takes its own switches before the program sees
 * @ARGV, makes fork possible, and catches what the program did not.
 *
 * Import it first: by the time the program's own lines run, all this is done.
 *
 * @module
 */
import { closeSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { flags, fork, prepare } from './fork.ts';
import { libc, readable } from './libc.ts';
import { known } from './Linux/Seccomp.ts';
import { die_uncaught, exec, exit, waitpid } from './perlfunc.ts';
import { Tainted } from './perlsec.ts';
import { $, ARGV, note } from './perlvar.ts';

/** The program's name, as its own messages on STDERR begin. */
export const program = basename(process.argv[1] ?? 'eliza_hup.js');

const help = `Usage: node ${program} [--foreground] [-c] [PORT]

ELIZA for telnet: each client talks to a child of its own. PORT is 1 to 65535, 1002 where none is given.

  --foreground  stay attached to the terminal and print the log on stderr
  -c            check program, script and settings, open nothing, end
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

function take_switches(): { foreground: boolean; check: boolean } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        c: { type: 'boolean', short: 'c' },
        foreground: { type: 'boolean' },
        help: { type: 'boolean' },
        version: { type: 'boolean' },
      },
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
    return { foreground: values.foreground ?? false, check: values.c ?? false };
  } catch (error) {
    return usage(error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error));
  }
}

const taken = take_switches();

/** Whether the process stays attached: the `--foreground` switch. */
export const foreground = taken.foreground;

/** Under `-c`, which as Perl's looks at the program and does not run it: ends here, with Perl's words. */
export function check_only(): void {
  if (!taken.check) return;
  process.stderr.write(`${program} syntax OK\n`);
  exit(0);
}

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
try {
  libc();
} catch (error) {
  const [why = ''] = String(error).split('\n');
  process.stderr.write(`${program}: needs koffi, which npm ci installs: ${why}\n`);
  process.exit(255);
}
process.on('uncaughtException', die_uncaught);
process.on('beforeExit', () => exit(0)); // the end of the program
if (!taken.check) prepare();

/**
 * Asks the interpreter whether this program could be started again as it was: `perl -c`, in a child of its own.
 *
 * @param prepare runs in the child before the program
 * @returns '' when it could; otherwise the complaint, in one line
 */
export async function perl_c(prepare: () => unknown): Promise<string> {
  const ends = new Int32Array(2);
  note(libc().pipe2(ends, 0o2000000)); // O_CLOEXEC
  const [reader = -1, writer = -1] = ends;
  const child = fork();
  if (child === 0) {
    $['>'] = $['<']; // root again, as the relaunch will be
    prepare();
    libc().dup2(writer, 2);
    const args = ARGV.map((word) => word.match(/^\d+$/)?.[0] ?? '');
    const own = process.execArgv.filter((flag) => !flags.includes(flag)); // those for fork cost time, and -c forks nothing
    exec(process.execPath, ...own, process.argv[1] ?? '', '-c', ...args);
    process.stderr.write(`Couldn't exec: ${$['!']}\n`);
    exit(255);
  }
  const no_fork = $['!'];
  closeSync(writer);
  const text = child === undefined ? `Can't fork: ${no_fork}` : await drain(reader, child);
  closeSync(reader);
  if (child !== undefined) waitpid(child, 0); // the program that follows would not hear of its end
  if (text.endsWith(`${program} syntax OK\n`)) return '';
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.find((line) => /Error\b.*: |Can't |^eliza_hup/.test(line)) ?? lines.at(-1) ?? 'it said nothing';
}

/** All that a child says until it ends; one that takes more than ten seconds is killed. */
function drain(reader: number, child: number): Promise<string> {
  const patience = setTimeout(() => { libc().kill(child, 9); }, 10_000);
  const bytes = Buffer.alloc(4096);
  let text = '';
  return new Promise((resolve) => {
    const poll = readable(reader, () => {
      const length = libc().read(reader, bytes, bytes.length);
      if (length > 0) text += bytes.toString('utf8', 0, length);
      if (length !== 0) return;
      clearTimeout(patience);
      poll.close();
      resolve(text);
    });
  });
}

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
