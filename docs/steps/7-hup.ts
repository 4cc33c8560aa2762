/** Step 7: HUP. The server ends its children, and executes itself again. This is eliza_hup.ts, with Daemon.ts in it. @module */
import '../../perl/perlrun.ts';
import { cwd, umask } from 'node:process';
import { Eliza, pattern } from '../../Chatbot/Eliza.ts';
import { cluck, croak } from '../../perl/Carp.ts';
import { basename } from '../../perl/File/Basename.ts';
import { type Connection, IO_Socket_INET, STDERR, STDIN, STDOUT } from '../../perl/IO/Socket.ts';
import { Children, refuse_client } from '../../perl/Net/Server.ts';
import { $, ARGV, caller, chdir, chroot, constant, die, END, ENV, exec, exit, fork } from '../../perl/perl.ts';
import { foreground, getgrnam, getpwnam, kill, local_uids, open, perl_c, pledge, qq, relaunch_args } from '../../perl/perl.ts';
import { SIG, sleep, Tainted, type Text, waitpid } from '../../perl/perl.ts';
import * as POSIX from '../../perl/POSIX.ts';
import { fork_daemon, wait_ready } from '../../perl/Proc/Daemon.ts';
import { filetest, IO_File, PID_File } from '../../perl/Proc/PID/File.ts';
import { openlog, setlogfile, setlogsock, syslog } from '../../perl/Sys/Syslog.ts';

const PORT = 1002;
const PIDFILE = constant.pidfile('ELIZA_PIDFILE', '/var/run/eliza_hup.pid');
const USER = constant.user('ELIZA_USER', 'nobody');
const GROUP = constant.group('ELIZA_GROUP', 'nogroup');
const ELIZA_HOME = constant.home('ELIZA_HOME', '/var/www/');
const ELIZA_SCRIPT = Eliza.load(constant.script('ELIZA_SCRIPT'));
const FACILITY = 'local0';
const CHILDREN = new Children();
let pidfile: string, CWD: string;

END(() => {
  $['>'] = $['<'];
  PID_File.unlink(pidfile); // only the file of this very process
});

SIG.TERM = SIG.INT = do_term;
SIG.HUP = do_hup;
END(END_block);

const port = ARGV[0] ?? PORT;
const listen_socket = IO_Socket_INET.open({ LocalPort: port, Listen: 20, Proto: 'tcp', Reuse: true })
  ?? die(`Can't create a listening socket: ${$['@']}`);
var pid: number | undefined = init_server(PIDFILE, USER, GROUP);

log_notice(qq`Server accepting connections on port ${port}\n`);

for (let connection; (connection = await listen_socket.accept());) {
  const host = connection.peerhost();
  const child = launch_child(undefined, ELIZA_HOME);
  if (child === 0) {
    listen_socket.close();
    log_notice(qq`Accepting a connection from ${host}\n`);
    interact(connection);
    log_notice(qq`Connection from ${host} finished\n`);
    exit(0);
  }
  connection.close();
}

function interact(sock: Connection): void {
  if (!STDIN.fdopen(sock, 'r')) die(`Can't reopen STDIN: ${$['!']}`);
  if (!STDOUT.fdopen(sock, 'w')) die(`Can't reopen STDOUT: ${$['!']}`);
  if (!STDERR.fdopen(sock, 'w')) die(`Can't reopen STDERR: ${$['!']}`);
  pledge('stdio');
  $['|'] = 1;
  const bot = new Eliza({ scriptfile: ELIZA_SCRIPT, _testquit });
  bot.command_interface();
}

async function do_term(): Promise<void> {
  log_notice('TERM signal received, terminating children...\n');
  await kill_children();
  exit(0);
}

async function do_hup(): Promise<void> {
  log_notice('HUP signal received, reinitializing...\n');
  if (!await perl_c()) return;
  log_notice('Closing listen socket...\n');
  listen_socket.hand_over();
  log_notice('Terminating children...\n');
  await kill_children();
  log_notice('Trying to relaunch...\n');
  await do_relaunch();
  log_die('Relaunch failed. Died');
}

function _testquit(this: Eliza, string?: string): boolean {
  if (string === undefined) return true;
  return this.quit.some((word) => pattern(`\\b${word}\\b`).test(string));
}

function END_block(): void {
  if (pid !== undefined && $['$'] === pid) log_notice('Server exiting normally\n');
}

function init_server(file: string, user?: string, group?: string): number {
  pidfile = file;
  const fh = open_pid_file(pidfile);
  setlogfile(pidfile);
  become_daemon();
  fh.print($['$']);
  fh.close();
  init_log();
  if (user !== undefined && group !== undefined) change_privileges(user, group);
  return $['$'];
}

function become_daemon(): void {
  if (!foreground) {
    const child = fork_daemon() ?? croak(`Can't fork: ${$['!']}`);
    if (child) exit(wait_ready());
    POSIX.setsid();
    open(STDIN, '<', '/dev/null');
    open(STDOUT, '>', '/dev/null');
    open(STDERR, '>&', STDOUT);
  }
  CWD = cwd();
  chdir('/');
  umask(0);
  ENV.PATH = '/bin:/sbin:/usr/bin:/usr/sbin';
  for (const name of ['IFS', 'CDPATH', 'ENV', 'BASH_ENV']) delete ENV[name];
  SIG.CHLD = reap_child;
}

function change_privileges(user: string, group: string): void {
  const uid = getpwnam(user) ?? die(`Can't get uid for ${user}\n`);
  const gid = getgrnam(group) ?? die(`Can't get gid for ${group}\n`);
  $[')'] = `${gid} ${gid}`;
  $['('] = gid;
  $['>'] = uid;
}

function launch_child(callback?: (child: number) => void, home?: string): number | undefined {
  const signals = new POSIX.SigSet(POSIX.SIGINT, POSIX.SIGCHLD, POSIX.SIGTERM, POSIX.SIGHUP);
  POSIX.sigprocmask(POSIX.SIG_BLOCK, signals);
  const child = fork() ?? refuse_client(`Can't fork: ${$['!']}\n`);
  if (child) {
    CHILDREN.set(child, callback);
  } else if (child === 0) {
    SIG.HUP = SIG.INT = SIG.CHLD = SIG.TERM = 'DEFAULT';
    prepare_child(home);
  }
  POSIX.sigprocmask(POSIX.SIG_UNBLOCK, signals);
  return child;
}

function prepare_child(home?: string): void {
  if (home !== undefined) local_uids($['>'], $['<'], () => {
    if (!chdir(home)) croak(`chdir(): ${$['!']}`);
    if (!chroot(home)) croak(`chroot(): ${$['!']}`);
  });
  $['<'] = $['>'];
}

function reap_child(): void {
  for (let child; (child = waitpid(-1, POSIX.WNOHANG)) > 0;) {
    CHILDREN.get(child)?.(child);
    CHILDREN.delete(child);
  }
}

async function kill_children(): Promise<void> {
  kill('TERM', ...CHILDREN.keys());
  while (CHILDREN.size > 0) if (await sleep(5) >= 5) kill('KILL', ...CHILDREN.keys());
}

async function do_relaunch(): Promise<void> {
  $['>'] = $['<'];
  chdir(CWD);
  const program = $['0'].match(/^[^\0]+$/)?.[0] ?? croak('bad program name');
  const port = ARGV[0]?.match(/^\d+$/)?.[0];
  PID_File.unlink(pidfile);
  if (!exec($['^X'], ...await relaunch_args(program, port))) croak(`Couldn't exec: ${$['!']}`);
}

function init_log(): void {
  setlogsock('unix');
  const name = basename($['0']);
  openlog(name, 'pid', FACILITY);
  SIG.__WARN__ = log_warn;
  SIG.__DIE__ = log_die;
}

function log_notice(...list: Text[]): void { syslog('notice', _msg(list)); }
function log_warn(...list: Text[]): void { syslog('warning', _msg(list)); }
function log_die(...list: Text[]): never {
  syslog('crit', _msg(list));
  SIG.__DIE__ = undefined;
  die(...list);
}
function _msg(list: Text[]): string {
  const msg = list.map((part) => Tainted.raw(part)).join('') || "Something's wrong";
  const frame = msg.endsWith('\n') ? undefined : caller(1);
  return frame ? `${msg} at ${frame.file} line ${frame.line}\n` : msg;
}

function open_pid_file(file: string): PID_File {
  if (filetest('e', file)) {
    const fh = IO_File.open(file) ?? die(`Can't read PID file ${file}: ${$['!']}\n`);
    const pid = Number(fh.getline()?.match(/^([1-9]\d{0,9})\n?$/)?.[1]);
    if (Number.isNaN(pid)) croak(`Invalid PID file ${file}`);
    if (PID_File.running(file, pid)) croak(`Server already running with PID ${pid} (${file})`);
    cluck(`Removing PID file for defunct server process ${pid}.\n`);
    if (!(filetest('w', file) && PID_File.remove_stale(file))) croak(`Can't unlink PID file ${file}`);
  }
  return PID_File.create(file, 0o644)
    ?? die(`Can't create ${file}: ${$['!']}\n`);
}
