/**
 * perlrun: the interpreter, as the first line of a Perl program calls it. To import this file is to start the
 * interpreter, and it is the one file in perl/ whose import does anything, with version.ts, which it imports first: it takes
 * its own switches before the program sees @ARGV, and may end the process over them; makes fork possible, for which it
 * executes the process once more; replaces console; and catches what the program did not.
 *
 * Import it first: by the time the program's own lines run, all this is done.
 *
 * @module
 */
import { needed } from './version.ts';
import { closeSync, existsSync, readFileSync } from 'node:fs';
import { Console } from 'node:console';
import { basename } from 'node:path';
import { Writable } from 'node:stream';
import { isatty } from 'node:tty';
import * as util from 'node:util'; // whole: a Node that has no parseArgs would end at its name, and not in version.ts
import { flags, fork, prepare } from './fork.ts';
import { type IO_Handle, STDERR, STDOUT } from './IO/Handle.ts';
import { C, interpreter, libc, readable } from './libc.ts';
import { known } from './Linux/Seccomp.ts';
import { plain } from './Linux/Warmup.ts';
import { pod2usage } from './Pod/Usage.ts';
import { chdir, die_uncaught, exec, exit, kill, waitpid, warn } from './perlfunc.ts';
import { last_signals } from './perlipc.ts';
import { Tainted } from './perlsec.ts';
import { go_on, reload } from './Systemd/Daemon.ts';
import { $, ARGV, set_errno } from './perlvar.ts';

const CHECK_SECONDS = 10; // what -c may take; it takes some tenths
const LEAST_DESCRIPTORS = 32; // a daemon without clients has 24, and what HUP tries takes a few more

/** The program's name, as its own messages on STDERR begin. */
export const program = basename(process.argv[1] ?? 'node');

/** One line on STDERR and status 2: what every usage error gets. */
function usage(message: string): never {
  process.stderr.write(`${program}: ${message}; see node ${program} --help\n`);
  process.exit(2);
}

/** One line on STDERR and the status of die: where the program cannot run at all. */
function refuse(why: string): never {
  process.stderr.write(`${program}: ${why}\n`);
  process.exit(255);
}

function take_switches(): { foreground: boolean; check: boolean } {
  try {
    const { values, positionals } = util.parseArgs({
      allowPositionals: true,
      options: {
        c: { type: 'boolean', short: 'c' },
        foreground: { type: 'boolean' },
        help: { type: 'boolean' },
        version: { type: 'boolean' },
      },
    });
    if (values.help) {
      process.stdout.write(pod2usage(program));
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
    ARGV.push(...positionals.map((word) => new Tainted(word)));
    return { foreground: values.foreground ?? false, check: values.c ?? false };
  } catch (error) {
    return usage(error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error));
  }
}

const taken = take_switches();

const { ELIZA_FORK } = process.env;
if (ELIZA_FORK !== undefined && !plain) usage(`ELIZA_FORK: "${ELIZA_FORK}" is not "plain"`);

/** Whether the process stays attached: the `--foreground` switch. */
export const foreground = taken.foreground;

/** Whether the program is only looked at: the `-c` switch. */
export const checking = taken.check;

/** Under `-c`, which as Perl's looks at the program and does not run it: ends here, with Perl's words. */
export function check_only(): void {
  if (!taken.check) return;
  process.stderr.write(`${program} syntax OK\n`);
  exit(0);
}

/**
 * The arguments with which the interpreter runs a program as it runs this one: Perl's `-T`, and for us node's own
 * switches before the program and its own after it. Until they are there the handlers run of the signals that have come, which
 * would be lost in an exec; in Perl they have run by then.
 *
 * @param program the program
 * @param port its argument, where it has one
 * @returns all of them, in order
 */
export async function relaunch_args(program: string, port?: string): Promise<string[]> {
  await last_signals();
  return [...process.execArgv, program, ...(foreground ? ['--foreground'] : []), ...(port === undefined ? [] : [port])];
}

if (process.platform !== 'linux') refuse('needs Linux for fork and chroot: run it in a Linux container, or on Windows in WSL');
if (interpreter() !== 'Node') refuse(`can't fork on ${interpreter()}: it takes ${needed}`);
if (!known) refuse(`can't fork on ${process.arch}: it takes Linux on x64 or arm64`);
try {
  libc();
} catch (error) {
  refuse(`needs koffi, which npm ci installs: ${String(error).split('\n')[0] ?? ''}`);
}
if (!existsSync('/proc/self/fd')) refuse('needs /proc, which is not mounted here');
const descriptors = { rlim_cur: 0, rlim_max: 0 };
libc().getrlimit(C.RLIMIT_NOFILE, descriptors);
if (descriptors.rlim_cur < LEAST_DESCRIPTORS) {
  refuse(`needs ${LEAST_DESCRIPTORS} descriptors, and may have ${descriptors.rlim_cur}: see ulimit -n`);
}
process.on('uncaughtException', die_uncaught);
// console prints as Perl's print does: Node's own streams need the event loop, which a confined child has no longer.
const stream = (handle: IO_Handle): Writable => new Writable({
  decodeStrings: false,
  write(text: string, _encoding, done) {
    handle.print(Buffer.from(text).toString('latin1'));
    handle.flush();
    done();
  },
});
globalThis.console = new Console(stream(STDOUT), stream(STDERR));
console.warn = (text: string) => { warn(`${text}\n`); }; // in a child STDERR is the client: its log is __WARN__'s
process.on('beforeExit', () => exit(0)); // the end of the program
if (!taken.check) prepare();

const start_folder = process.cwd();

/** Those of the first three descriptors that are a terminal, where it is to be heeded. */
const terminals = foreground ? [0, 1, 2].filter((fd) => isatty(fd)) : [];

/**
 * `perl -c`: asks the interpreter whether this program could be started again as it was, in a child of its own. HUP also says
 * that the terminal has been closed, which was its meaning first: a program that was attached to it is not started again
 * without, but ended as by TERM.
 *
 * @returns whether it could; if not, it has been warned why
 */
export async function perl_c(): Promise<boolean> {
  if (!terminals.every((fd) => isatty(fd))) {
    kill('TERM', $['$']);
    return false;
  }
  reload();
  const complaint = await complaint_of_check();
  if (complaint === '') return true;
  warn(`Not relaunched, it could not be started: ${complaint}\n`);
  go_on();
  return false;
}

/** @returns a pipe's two ends, which an exec closes */
function pipe(): [reader: number, writer: number] {
  const ends = new Int32Array(2);
  set_errno(libc().pipe2(ends, C.O_CLOEXEC));
  return [ends[0] ?? -1, ends[1] ?? -1];
}

/** @returns '' when the program could be started; otherwise what it said, in one line */
async function complaint_of_check(): Promise<string> {
  const [reader, writer] = pipe();
  const [executed, gate] = pipe();
  const child = fork();
  if (child === 0) {
    $['>'] = $['<']; // root again, as the relaunch will be
    libc().dup2(writer, 2);
    if (!chdir(start_folder)) {
      process.stderr.write(`Can't chdir to ${start_folder}, where it was started: ${$['!']}\n`);
      exit(255);
    }
    const args = ARGV.map((word) => word.match(/^\d+$/)?.[0] ?? '');
    const own = process.execArgv.filter((flag) => !flags.includes(flag)); // those for fork cost time, and -c forks nothing
    exec(process.execPath, ...own, process.argv[1] ?? '', '-c', ...args);
    process.stderr.write(`Couldn't exec: ${$['!']}\n`);
    exit(255);
  }
  const no_fork = $['!'];
  closeSync(gate);
  // Until its exec the child has all that is open here: a daemon that ended now would leave a port that still answers. So
  // this waits for the exec, as posix_spawn(3) does.
  if (child !== undefined) libc().read(executed, Buffer.alloc(1), 1);
  closeSync(executed);
  closeSync(writer);
  const { text, late } = child === undefined ? { text: `Can't fork: ${no_fork}`, late: false } : await drain(reader, child);
  closeSync(reader);
  if (child !== undefined) waitpid(child, 0); // the program that follows would not hear of its end
  if (text.endsWith(`${program} syntax OK\n`)) return '';
  if (late) return `the check took more than ${CHECK_SECONDS} seconds`;
  // Node prints an error between the line of code and the stack; our own messages are one line, the last.
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const signal = $['?'] & 127;
  const silence = signal === 0 ? 'the check said nothing' : `the check was ended by signal ${signal}`;
  return lines.find((line) => /^\w*Error\b.*: /.test(line)) ?? lines.at(-1) ?? silence;
}

/** All that a child says until it ends, and whether it took too long, and was killed. */
function drain(reader: number, child: number): Promise<{ text: string; late: boolean }> {
  let late = false;
  const timeout = setTimeout(() => {
    late = true;
    libc().kill(child, 9);
  }, 1000 * CHECK_SECONDS);
  const bytes = Buffer.alloc(4096);
  let text = '';
  return new Promise((resolve) => {
    const poll = readable(reader, () => {
      const length = libc().read(reader, bytes, bytes.length);
      if (length > 0) text += bytes.toString('utf8', 0, length);
      if (length !== 0) return;
      clearTimeout(timeout);
      poll.close();
      resolve({ text, late });
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
