/**
 * Daemon.pm in TypeScript, line by line: a server's start, its children, its relaunch, its log and its pid file.
 *
 * Its Perl counterpart is the module of figure 14.7 in L. D. Stein, "Network Programming with Perl" (2001). The number
 * at the end of a line is that of the Perl line it mirrors; `+` stands where Perl has none. What Perl has built in and
 * Node has not is in perl/.
 *
 * @module
 */

// 1-4: a package of its own, and strict: an ES module is both. The variables that Perl declares here are Exporter's.
'use strict';                                                                                     // 1-4
import { SIG_BLOCK, SIG_UNBLOCK, SigSet, setsid, sigprocmask, WNOHANG } from './perl/POSIX.ts';   // 5
import { SIGCHLD, SIGHUP, SIGINT, SIGTERM, WTERMSIG } from './perl/POSIX.ts';                     // +
// 7 loads a part of Carp early, since the chroot would hide it. Here everything is loaded at the start.
import { caller, cluck, croak } from './perl/Carp.ts';                                            // 6-7
import { basename } from './perl/File/Basename.ts';                                               // 8
import { filetest, IO_File } from './perl/IO/File.ts';                                            // 9
import { cwd, umask } from 'node:process';                                                        // 10
import { PID_File, running, unlink_stale } from './perl/Proc/PID/File.ts';                        // +
import * as systemd from './perl/Systemd/Daemon.ts';                                              // +
import { guests } from './perl/Net/Server.ts';                                                    // +
import { openlog, setlogfile, setlogsock, syslog } from './perl/Sys/Syslog.ts';                   // 11-13
import { LOG_UPTO, setlogmask } from './perl/Sys/Syslog.ts';                                      // +
import { $, ARGV, ENV, SIG, Tainted, type Text } from './perl/perl.ts';                           // +
import { chdir, chroot, die, END, exec, exit, fork, foreground } from './perl/perl.ts';           // +
import { getgrnam, getpwnam, kill, local_uids, open, sleep } from './perl/perl.ts';               // +
import { perl_c, switches, waitpid } from './perl/perl.ts';                                       // +
import { STDERR, STDIN, STDOUT } from './perl/IO/Handle.ts';                                      // +

export { init_server, prepare_child, kill_children, launch_child, do_relaunch, can_relaunch };    // 14
export { log_debug, log_notice, log_warn, log_die, CHILDREN };                                    // 15-17
export { welcome } from './perl/Net/Server.ts';                                                   // +
/** The module's version, as in Perl. */
export const VERSION = '1.00';                                                                    // 18-21

const PIDPATH = '/var/run';                                                                       // 22
const FACILITY = 'local0';                                                                        // 23
/** `%CHILDREN`: the children alive, by pid, each with what to call when it ends. */
const CHILDREN = new Map<number, Callback>();                                                     // 24
let pidfile: string, fh: PID_File | undefined, CWD: string;                                       // 25-26

/**
 * Called with a child's pid when the child has ended.
 *
 * @param child the pid
 */
export type Callback = (child: number) => void;                                                   // +

/**
 * Makes the process a daemon: pid file, detachment, log, user. Daemon.pm:27-38.
 *
 * @param file the pid file; undefined for one in PIDPATH, named after the program
 * @param user whom to become; undefined for no change
 * @param group with which group
 * @param _port not used, as in the original, which is given it too
 * @returns the daemon's pid
 * @throws PerlDie when the pid file tells of a running server, or cannot be made
 */
function init_server(file?: string, user?: string, group?: string, _port?: Text): number {        // 27-29
  pidfile = file ?? getpidfilename();                                                             // 30
  fh = open_pid_file(pidfile);                                                                    // 31
  setlogfile(pidfile);                                                                            // +
  become_daemon();                                                                                // 32
  fh.print($['$']);                                                                               // 33
  fh.close();                                                                                     // 34
  init_log();                                                                                     // 35
  if (user !== undefined && group !== undefined) change_privileges(user, group);                  // 36
  systemd.ready();                                                                                // +
  return fh.pid;                                                                                  // 37
}                                                                                                 // 38-39

/** Leaves the terminal and the caller's session, folder and environment. Daemon.pm:40-53. */
function become_daemon(): void {                                                                  // 40
  if (!foreground) {                                                                              // +
    systemd.promise_readiness();                                                                  // +
    const child = fork() ?? croak(`Can't fork: ${$['!']}`);                                       // 41
    if (child) exit(systemd.await_readiness());                                                   // 42
    setsid();                                                                                     // 43
    open(STDIN, '<', '/dev/null');                                                                // 44
    open(STDOUT, '>', '/dev/null');                                                               // 45
    open(STDERR, '>&', STDOUT);                                                                   // 46
  }                                                                                               // +
  CWD = cwd();                                                                                    // 47
  chdir('/');                                                                                     // 48
  umask(0);                                                                                       // 49
  ENV.PATH = '/bin:/sbin:/usr/bin:/usr/sbin';                                                     // 50
  for (const name of ['IFS', 'CDPATH', 'ENV', 'BASH_ENV']) delete ENV[name];                      // 51
  SIG.CHLD = reap_child;                                                                          // 52
}                                                                                                 // 53-54

/**
 * Becomes somebody else, but for the real uid: root can be regained. Daemon.pm:55-62.
 *
 * @param user whom
 * @param group with which group
 */
function change_privileges(user: string, group: string): void {                                   // 55-56
  const uid = getpwnam(user) ?? die(`Can't get uid for ${user}\n`);                               // 57
  const gid = getgrnam(group) ?? die(`Can't get gid for ${group}\n`);                             // 58
  $[')'] = `${gid} ${gid}`;                                                                       // 59
  $['('] = gid;                                                                                   // 60
  $['>'] = uid;                                                                                   // 61
}                                                                                                 // 62-63

/**
 * Forks a child without privileges, while no signal comes in between. Daemon.pm:64-78.
 *
 * @param callback called with the child's pid when it has ended
 * @param home the folder to lock the child into; undefined for none
 * @param host the client's address, for the limits on how many may talk
 * @returns the child's pid in the parent, 0 in the child; undefined, where Perl's server dies, when fork failed
 */
function launch_child(callback?: Callback, home?: string, host?: Text): number | undefined {      // 64-66
  const signals = new SigSet(SIGINT, SIGCHLD, SIGTERM, SIGHUP);                                   // 67
  const unlogged = guests.knock(host ?? '');                                                      // +
  if (unlogged > 0) log_notice(`${unlogged} connections more, not logged one by one\n`);          // +
  sigprocmask(SIG_BLOCK, signals);                                                                // 68
  const child = fork();                                                                           // +
  if (child === undefined) log_warn(`Can't fork: ${$['!']}\n`);                                   // 69
  if (child) {                                                                                    // 70
    CHILDREN.set(child, callback ?? (() => undefined));                                           // 71
    guests.enter(child, host ?? '');                                                              // +
  } else if (child === 0) {                                                                       // 72
    SIG.HUP = SIG.INT = SIG.CHLD = SIG.TERM = 'DEFAULT';                                          // 73
    prepare_child(home);                                                                          // 74
    if (guests.quiet) setlogmask(LOG_UPTO('warning'));                                            // +
  }                                                                                               // 75
  sigprocmask(SIG_UNBLOCK, signals);                                                              // 76
  return child;                                                                                   // 77
}                                                                                                 // 78-79

/**
 * Locks a child into a folder and gives root up for good. Daemon.pm:80-88.
 *
 * @param home the folder; undefined for none
 */
function prepare_child(home?: string): void {                                                     // 80-81
  if (home !== undefined) {                                                                       // 82
    local_uids($['>'], $['<'], () => {                                                            // 83
      if (!chdir(home)) croak(`chdir(): ${$['!']}`);                                              // 84
      if (!chroot(home)) croak(`chroot(): ${$['!']}`);                                            // 85
    });                                                                                           // +
  }                                                                                               // 86
  $['<'] = $['>'];                                                                                // 87
}                                                                                                 // 88-89

/** The handler of CHLD: notes which children have ended. Daemon.pm:90-95. */
function reap_child(): void {                                                                     // 90
  for (let child, status; [child, status] = waitpid(-1, WNOHANG), child > 0;) {                   // 91
    CHILDREN.get(child)?.(child);                                                                 // 92
    const signal = WTERMSIG(status);                                                              // +
    if (signal !== 0 && signal !== 15) log_warn(`Child ${child} ended by signal ${signal}\n`);    // +
    CHILDREN.delete(child);                                                                       // 93
    guests.leave(child);                                                                          // +
  }                                                                                               // 94
}                                                                                                 // 95-96

/** Ends the children and waits until they have ended. Daemon.pm:97-101. */
async function kill_children(): Promise<void> {                                                   // 97
  systemd.stop();                                                                                 // +
  kill('TERM', ...CHILDREN.keys());                                                               // 98
  const patience = setTimeout(() => kill('KILL', ...CHILDREN.keys()), 5000);                      // +
  // Perl may lose the wake-up between the test and the sleep. No handler runs between ours.
  while (CHILDREN.size > 0) await sleep();                                                        // 99-100
  clearTimeout(patience);                                                                         // +
}                                                                                                 // 101-102

/**
 * Before anything is given up: asks whether the program, as it is now, could be started.
 *
 * @returns whether it could; if not, the log says why
 */
async function can_relaunch(): Promise<boolean> {                                                 // +
  systemd.reload();                                                                               // +
  const complaint = await perl_c(() => chdir(CWD));                                               // +
  if (complaint) log_warn(`Not relaunched, it could not be started: ${complaint}\n`);             // +
  if (complaint) systemd.go_on();                                                                 // +
  return !complaint;                                                                              // +
}                                                                                                 // +

/** Executes the program anew, as root, in the folder where it was started. Daemon.pm:103-111. */
function do_relaunch(): void {                                                                    // 103
  $['>'] = $['<'];                                                                                // 104
  chdir(CWD);                                                                                     // 105
  // The original's pattern stumbles over a space or a plus sign in the path.
  const program = $['0'].match(/^[^\0]+$/)?.[0] ?? croak('bad program name');                     // 106-107
  const port = ARGV[0]?.match(/^\d+$/)?.slice(0, 1) ?? [];                                        // 108
  fh?.unlink();                                                                                   // 109
  SIG.HUP = 'IGNORE';                                                                             // +
  if (!exec($['^X'], ...switches(program, ...port))) croak(`Couldn't exec: ${$['!']}`);           // 110
}                                                                                                 // 111-112

/** Opens the log, and sends warn's and die's messages there. Daemon.pm:113-119. */
function init_log(): void {                                                                       // 113
  setlogsock('unix');                                                                             // 114
  const name = basename($['0']);                                                                  // 115
  openlog(name, 'pid', FACILITY);                                                                 // 116
  SIG.__WARN__ = log_warn;                                                                        // 117
  SIG.__DIE__ = log_die;                                                                          // 118
}                                                                                                 // 119-120

/** Logs for whoever hunts an error. @param list the message's parts. Daemon.pm:121. */
function log_debug(...list: Text[]): void { syslog('debug', _msg(list)); }                        // 121
/** Logs what is worth knowing. @param list the message's parts. Daemon.pm:122. */
function log_notice(...list: Text[]): void { syslog('notice', _msg(list)); }                      // 122
/** Logs what is wrong. @param list the message's parts. Daemon.pm:123. */
function log_warn(...list: Text[]): void { syslog('warning', _msg(list)); }                       // 123
/** Logs why the process ends, and ends it. @param list the message's parts. Daemon.pm:124-127. */
function log_die(...list: Text[]): never {                                                        // 124
  syslog('crit', _msg(list));                                                                     // 125
  SIG.__DIE__ = undefined;                                                                        // +
  die(...list);                                                                                   // 126
}                                                                                                 // 127
function _msg(list: Text[]): string {                                                             // 128
  const msg = list.map((part) => Tainted.show(part)).join('') || "Something's wrong";             // 129
  const [, , frame] = msg.endsWith('\n') ? [] : caller();                                         // 130
  return frame ? `${msg} at ${frame.file} line ${frame.line}\n` : msg;                            // 131-132
}                                                                                                 // 133-134

function getpidfilename(): string {                                                               // 135
  const name = basename($['0'], '.js');                                                           // 136
  return `${PIDPATH}/${Tainted.show(name)}.pid`;                                                  // 137
}                                                                                                 // 138-139

function open_pid_file(file: string): PID_File {                                                  // 140-141
  if (filetest('e', file)) {                                                                      // 142
    const fh = IO_File.open(file) ?? die(`Can't read PID file ${file}: ${$['!']}\n`);             // 143
    const pid = Number(fh.getline()?.match(/^([1-9]\d{0,9})\n?$/)?.[1]);                          // 144
    if (Number.isNaN(pid)) croak(`Invalid PID file ${file}`);                                     // 145
    if (running(file, pid)) croak(`Server already running with PID ${pid}`);                      // 146
    cluck(`Removing PID file for defunct server process ${pid}.\n`);                              // 147
    if (!(filetest('w', file) && unlink_stale(file))) croak(`Can't unlink PID file ${file}`);     // 148
  }                                                                                               // 149
  return PID_File.create(file, 0o644)                                                             // 150
    ?? die(`Can't create ${file}: ${$['!']}\n`);                                                  // 151
}                                                                                                 // 152-153

// Perl asks whether this process is the daemon. The file knows whose it is, and that may be a start that has failed.
END(() => {                                                                                       // 154
  $['>'] = $['<'];                                                                                // 155
  if (fh?.pid === $['$']) fh.unlink();                                                            // 156
// 159-160: a module of Perl's must end in a true value.
});                                                                                               // 157-160
