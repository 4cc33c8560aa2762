/** Step 2: a fork, and so a process, for each client. @module */
import '../../perl/perlrun.ts';
import { Eliza, pattern } from '../../Chatbot/Eliza.ts';
import { type Connection, IO_Socket_INET, STDERR, STDIN, STDOUT } from '../../perl/IO/Socket.ts';
import { $, ARGV, die, exit, fork } from '../../perl/perl.ts';

const PORT = 1002;
const ELIZA_SCRIPT = Eliza.load();

const port = ARGV[0] ?? PORT;
const listen_socket = IO_Socket_INET.open({ LocalPort: port, Listen: 20, Proto: 'tcp', Reuse: true })
  ?? die(`Can't create a listening socket: ${$['@']}`);

for (let connection; (connection = await listen_socket.accept());) {
  const child = fork();
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

function _testquit(this: Eliza, string?: string): boolean {
  if (string === undefined) return true;
  return this.quit.some((word) => pattern(`\\b${word}\\b`).test(string));
}
