/** Step 5: become_daemon and the pid file. The command returns, and what is left can be found. @module */
import '../../perl/perlrun.ts';
import { umask } from 'node:process';
import { Eliza, pattern } from '../../Chatbot/Eliza.ts';
import { cluck, croak } from '../../perl/Carp.ts';
import { type Connection, IO_Socket_INET, STDERR, STDIN, STDOUT } from '../../perl/IO/Socket.ts';
import { Children, refuse_client } from '../../perl/Net/Server.ts';
import { $, ARGV, chdir, constant, die, END, ENV, exit, fork, foreground } from '../../perl/perl.ts';
import { kill, open, SIG, sleep, waitpid } from '../../perl/perl.ts';
import * as POSIX from '../../perl/POSIX.ts';
import { fork_daemon, wait_ready } from '../../perl/Proc/Daemon.ts';
import { filetest, IO_File, PID_File } from '../../perl/Proc/PID/File.ts';

const PORT = 1002;
const PIDFILE = constant.pidfile('ELIZA_PIDFILE', '/var/run/eliza_hup.pid');
const ELIZA_SCRIPT = Eliza.load();
const CHILDREN = new Children();
let pidfile: string;

END(() => {
  PID_File.unlink(pidfile); // only the file of this very process
});

SIG.TERM = SIG.INT = do_term;

const port = ARGV[0] ?? PORT;
const listen_socket = IO_Socket_INET.open({ LocalPort: port, Listen: 20, Proto: 'tcp', Reuse: true })
  ?? die(`Can't create a listening socket: ${$['@']}`);
init_server(PIDFILE);

for (let connection; (connection = await listen_socket.accept());) {
  const child = launch_child();
  if (child === 0) {
    listen_socket.close();
    interact(connection);
    exit(0);
  }
  connection.close();
}

function interact(sock: Connection): void {
  if (!STDIN.fdopen(sock, 'r')) die(`Can't reopen STDIN: ${$['!']}`);
  if (!STDOUT.fdopen(sock, 'w')) die(`Can't reopen STDOUT: ${$['!']}`);
  if (!STDERR.fdopen(sock, 'w')) die(`Can't reopen STDERR: ${$['!']}`);
  $['|'] = 1;
  const bot = new Eliza({ scriptfile: ELIZA_SCRIPT, _testquit });
  bot.command_interface();
}

async function do_term(): Promise<void> {
  await kill_children();
  exit(0);
}

function _testquit(this: Eliza, string?: string): boolean {
  if (string === undefined) return true;
  return this.quit.some((word) => pattern(`\\b${word}\\b`).test(string));
}

function init_server(file: string): void {
  pidfile = file;
  const fh = open_pid_file(pidfile);
  become_daemon();
  fh.print($['$']);
  fh.close();
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
  chdir('/');
  umask(0);
  ENV.PATH = '/bin:/sbin:/usr/bin:/usr/sbin';
  for (const name of ['IFS', 'CDPATH', 'ENV', 'BASH_ENV']) delete ENV[name];
  SIG.CHLD = reap_child;
}

function launch_child(callback?: (child: number) => void): number | undefined {
  const signals = new POSIX.SigSet(POSIX.SIGINT, POSIX.SIGCHLD, POSIX.SIGTERM, POSIX.SIGHUP);
  POSIX.sigprocmask(POSIX.SIG_BLOCK, signals);
  const child = fork() ?? refuse_client(`Can't fork: ${$['!']}\n`);
  if (child) {
    CHILDREN.set(child, callback);
  } else if (child === 0) {
    SIG.HUP = SIG.INT = SIG.CHLD = SIG.TERM = 'DEFAULT';
  }
  POSIX.sigprocmask(POSIX.SIG_UNBLOCK, signals);
  return child;
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
