/** Step 4: launch_child. No signal comes between a fork and the moment at which both processes are ready for it. @module */
import '../../perl/perlrun.ts';
import { Eliza, pattern } from '../../Chatbot/Eliza.ts';
import { type Connection, IO_Socket_INET, STDERR, STDIN, STDOUT } from '../../perl/IO/Socket.ts';
import { Children, refuse_client } from '../../perl/Net/Server.ts';
import { $, ARGV, die, exit, fork, kill, SIG, sleep, waitpid } from '../../perl/perl.ts';
import * as POSIX from '../../perl/POSIX.ts';

const PORT = 1002;
const ELIZA_SCRIPT = Eliza.load();
const CHILDREN = new Children();

SIG.TERM = SIG.INT = do_term;
SIG.CHLD = reap_child;

const port = ARGV[0] ?? PORT;
const listen_socket = IO_Socket_INET.open({ LocalPort: port, Listen: 20, Proto: 'tcp', Reuse: true })
  ?? die(`Can't create a listening socket: ${$['@']}`);

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
