/**
 * Daemon.pm in TypeScript, line by line: a server's start, its children, its relaunch, its log and its pid file.
 *
 * Its Perl counterpart is the module of figure 14.7 in L. D. Stein, "Network Programming with Perl" (2001). The number
 * at the end of a line is that of the Perl line it mirrors; `+` stands where Perl has none, and `e3` where a fault of the
 * original is mended: number 3 in docs/errata.md. What Perl has built in and Node has not is in perl/.
 *
 * @module
 */

// 1-3: a package of its own, and strict: an ES module is both. The variables that Perl declares here are Exporter's.
import * as POSIX from './perl/POSIX.ts';                                                                 // 5
import { cluck, croak } from './perl/Carp.ts';                                                            // 6
// 7: loads a part of Carp early, since the chroot would hide it. Here everything is loaded at the start.
import { basename } from './perl/File/Basename.ts';                                                       // 8
import { filetest, IO_File, PID_File } from './perl/Proc/PID/File.ts';                                    // 9
import { cwd, umask } from 'node:process';                                                                // 10
import { openlog, setlogfile, setlogsock, syslog } from './perl/Sys/Syslog.ts';                           // 11
// 12: Exporter, which gives a module's names to its users. Here the language does.
import { Children, refuse_client } from './perl/Net/Server.ts';                                           // +
import { fork_daemon, wait_ready } from './perl/Proc/Daemon.ts';                                          // +
import { $, ARGV, ENV, SIG, STDERR, STDIN, STDOUT, Tainted, type Text } from './perl/perl.ts';            // +
import { caller, chdir, chroot, die, END, exec, exit, fork, foreground, getgrnam } from './perl/perl.ts'; // +
import { getpwnam, kill, local_uids, open, relaunch_args, sleep, waitpid } from './perl/perl.ts';         // +

export { init_server, prepare_child, kill_children, launch_child, do_relaunch };                          // 14-15
export { log_debug, log_notice, log_warn, log_die, CHILDREN };                                            // 16-19
/** The module's version, as in Perl. */
export const VERSION = '1.00';                                                                            // 20

const PIDPATH = '/var/run';                                                                               // 22
const FACILITY = 'local0';                                                                                // 23
/** `%CHILDREN`: the children alive, by pid, each with what to call when it ends. */
const CHILDREN = new Children();                                                                          // 24
let pidfile: string, CWD: string;                                                                         // 25

/**
 * Makes the process a daemon: pid file, detachment, log, user.
 *
 * @param file the pid file; undefined for one in PIDPATH, named after the program
 * @param user whom to become; undefined for no change
 * @param group with which group
 * @param _port not used, as in the original, which is given it too
 * @returns the daemon's pid
 * @throws PerlDie when the pid file tells of a running server, or cannot be made
 */
function init_server(file?: string, user?: string, group?: string, _port?: Text): number {                // 27-29
  pidfile = file ?? getpidfilename();                                                                     // 30
  const fh = open_pid_file(pidfile);                                                                      // 31
  setlogfile(pidfile);                                                                                    // + e20
  become_daemon();                                                                                        // 32
  fh.print($['$']);                                                                                       // 33 e18
  fh.close();                                                                                             // 34
  init_log();                                                                                             // 35
  if (user !== undefined && group !== undefined) change_privileges(user, group);                          // 36
  return $['$'];                                                                                          // 37
}                                                                                                         // 38

/** Leaves the terminal and the caller's session, folder and environment. */
function become_daemon(): void {                                                                          // 40
  if (!foreground) {                                                                                      // +
    const child = fork_daemon() ?? croak(`Can't fork: ${$['!']}`);                                        // 41
    if (child) exit(wait_ready());                                                                        // 42 e18
    POSIX.setsid();                                                                                       // 43
    open(STDIN, '<', '/dev/null');                                                                        // 44
    open(STDOUT, '>', '/dev/null');                                                                       // 45
    open(STDERR, '>&', STDOUT);                                                                           // 46
  }                                                                                                       // +
  CWD = cwd();                                                                                            // 47
  chdir('/');                                                                                             // 48
  umask(0);                                                                                               // 49
  ENV.PATH = '/bin:/sbin:/usr/bin:/usr/sbin';                                                             // 50
  for (const name of ['IFS', 'CDPATH', 'ENV', 'BASH_ENV']) delete ENV[name];                              // 51
  SIG.CHLD = reap_child;                                                                                  // 52
}                                                                                                         // 53

/**
 * Becomes another user, but for the real uid: root can be regained.
 *
 * @param user that user's name
 * @param group its group's name
 */
function change_privileges(user: string, group: string): void {                                           // 55-56
  const uid = getpwnam(user) ?? die(`Can't get uid for ${user}\n`);                                       // 57
  const gid = getgrnam(group) ?? die(`Can't get gid for ${group}\n`);                                     // 58
  $[')'] = `${gid} ${gid}`;                                                                               // 59
  $['('] = gid;                                                                                           // 60
  $['>'] = uid;                                                                                           // 61
}                                                                                                         // 62

/**
 * Forks a child without privileges, while no signal comes in between.
 *
 * @param callback called with the child's pid when it has ended
 * @param home the folder to lock the child into; undefined for none
 * @returns the child's pid in the parent, 0 in the child; undefined, where Perl's server dies, when fork failed
 */
function launch_child(callback?: (child: number) => void, home?: string): number | undefined {            // 64-66
  const signals = new POSIX.SigSet(POSIX.SIGINT, POSIX.SIGCHLD, POSIX.SIGTERM, POSIX.SIGHUP);             // 67
  POSIX.sigprocmask(POSIX.SIG_BLOCK, signals);                                                            // 68
  const child = fork() ?? refuse_client(`Can't fork: ${$['!']}\n`);                                       // 69 e24
  if (child) {                                                                                            // 70
    CHILDREN.set(child, callback);                                                                        // 71
  } else if (child === 0) {                                                                               // 72
    SIG.HUP = SIG.INT = SIG.CHLD = SIG.TERM = 'DEFAULT';                                                  // 73
    prepare_child(home);                                                                                  // 74
  }                                                                                                       // 75
  POSIX.sigprocmask(POSIX.SIG_UNBLOCK, signals);                                                          // 76
  return child;                                                                                           // 77
}                                                                                                         // 78

/**
 * Locks a child into a folder and gives root up for good.
 *
 * @param home the folder; undefined for none
 */
function prepare_child(home?: string): void {                                                             // 80-81
  if (home !== undefined) local_uids($['>'], $['<'], () => {                                              // 82-83 e2
    if (!chdir(home)) croak(`chdir(): ${$['!']}`);                                                        // 84
    if (!chroot(home)) croak(`chroot(): ${$['!']}`);                                                      // 85
  });                                                                                                     // 86
  $['<'] = $['>'];                                                                                        // 87 e2
}                                                                                                         // 88

/** The handler of CHLD: notes which children have ended. */
function reap_child(): void {                                                                             // 90
  for (let child; (child = waitpid(-1, POSIX.WNOHANG)) > 0;) {                                            // 91
    CHILDREN.get(child)?.(child);                                                                         // 92
    CHILDREN.delete(child);                                                                               // 93
  }                                                                                                       // 94
}                                                                                                         // 95

/** Ends the children and waits until they have ended. */
async function kill_children(): Promise<void> {                                                           // 97
  kill('TERM', ...CHILDREN.keys());                                                                       // 98
  // 99: Perl may lose the wake-up between the test and the sleep. No handler runs between ours.
  while (CHILDREN.size > 0) if (await sleep(5) >= 5) kill('KILL', ...CHILDREN.keys());                    // 100 e7 e8
}                                                                                                         // 101

/** Executes the program again, as root, in the folder where it was started. */
async function do_relaunch(): Promise<void> {                                                             // 103
  $['>'] = $['<'];                                                                                        // 104
  chdir(CWD);                                                                                             // 105
  // The original's pattern stumbles over a space or a plus sign in the path.
  const program = $['0'].match(/^[^\0]+$/)?.[0] ?? croak('bad program name');                             // 106-107 e5
  const port = ARGV[0]?.match(/^\d+$/)?.[0];                                                              // 108 e11
  PID_File.unlink(pidfile);                                                                               // 109
  if (!exec($['^X'], ...await relaunch_args(program, port))) croak(`Couldn't exec: ${$['!']}`);           // 110 e41
}                                                                                                         // 111

/** Opens the log, and sends warn's and die's messages there. */
function init_log(): void {                                                                               // 113
  setlogsock('unix');                                                                                     // 114
  const name = basename($['0']);                                                                          // 115
  openlog(name, 'pid', FACILITY);                                                                         // 116
  SIG.__WARN__ = log_warn;                                                                                // 117
  SIG.__DIE__ = log_die;                                                                                  // 118
}                                                                                                         // 119

/** Logs what helps to find a fault. @param list the message's parts */
function log_debug(...list: Text[]): void { syslog('debug', _msg(list)); }                                // 121
/** Logs what is worth knowing. @param list the message's parts */
function log_notice(...list: Text[]): void { syslog('notice', _msg(list)); }                              // 122 e21
/** Logs what is wrong. @param list the message's parts */
function log_warn(...list: Text[]): void { syslog('warning', _msg(list)); }                               // 123
/** Logs why the process ends, and ends it. @param list the message's parts */
function log_die(...list: Text[]): never {                                                                // 124
  syslog('crit', _msg(list));                                                                             // 125
  SIG.__DIE__ = undefined;                                                                                // +
  die(...list);                                                                                           // 126
}                                                                                                         // 127
function _msg(list: Text[]): string {                                                                     // 128
  const msg = list.map((part) => Tainted.raw(part)).join('') || "Something's wrong";                      // 129
  const frame = msg.endsWith('\n') ? undefined : caller(1);                                               // 130
  return frame ? `${msg} at ${frame.file} line ${frame.line}\n` : msg;                                    // 131-132
}                                                                                                         // 133

function getpidfilename(): string {                                                                       // 135
  const name = basename($['0'], '.js');                                                                   // 136
  return `${PIDPATH}/${Tainted.raw(name)}.pid`;                                                           // 137
}                                                                                                         // 138

function open_pid_file(file: string): PID_File {                                                          // 140-141
  if (filetest('e', file)) {                                                                              // 142
    const fh = IO_File.open(file) ?? die(`Can't read PID file ${file}: ${$['!']}\n`);                     // 143 e4
    const pid = Number(fh.getline()?.match(/^([1-9]\d{0,9})\n?$/)?.[1]);                                  // 144
    if (Number.isNaN(pid)) croak(`Invalid PID file ${file}`);                                             // 145
    if (PID_File.running(file, pid)) croak(`Server already running with PID ${pid} (${file})`);           // 146 e16 e17
    cluck(`Removing PID file for defunct server process ${pid}.\n`);                                      // 147
    if (!(filetest('w', file) && PID_File.remove_stale(file))) croak(`Can't unlink PID file ${file}`);    // 148
  }                                                                                                       // 149
  return PID_File.create(file, 0o644)                                                                     // 150
    ?? die(`Can't create ${file}: ${$['!']}\n`);                                                          // 151 e4
}                                                                                                         // 152

END(() => {                                                                                               // 154
  $['>'] = $['<'];                                                                                        // 155
  PID_File.unlink(pidfile); // only the file of this very process                                         // 156 e19
});                                                                                                       // 157
// 159-160: a module of Perl's must end in a true value.
