#!/usr/bin/env node
/**
 * eliza_hup.pl in TypeScript, line by line: a daemon that lets each telnet client talk to ELIZA in a child of its own,
 * forked, locked into a folder and without privileges. TERM and INT end it; HUP restarts it.
 *
 * The number at the end of a line is that of the Perl line it mirrors; `+` stands where Perl has none, and `e3` where a
 * fault of the original is mended: number 3 in docs/errata.md. What Perl has built in and Node has not is in perl/;
 * Daemon.pm's counterpart is Daemon.ts.
 *
 * @module
 */

import './perl/perlrun.ts';                                                                               // 1
// 2: an ES module is strict. Line 1's -w is the type checker's work, its -T that of perl/perlsec.ts.
import { $, ARGV, constant, die, END, exit, perl_c, pledge, qq, SIG } from './perl/perl.ts';              // 3 e14
import { Eliza, pattern } from './Chatbot/Eliza.ts';                                                      // 4
import { type Connection, IO_Socket_INET, STDERR, STDIN, STDOUT } from './perl/IO/Socket.ts';             // 5
import { do_relaunch, init_server, kill_children, launch_child, log_die, log_notice } from './Daemon.ts'; // 6

const PORT = 1002;                                                                                        // 8
const PIDFILE = constant.pidfile('ELIZA_PIDFILE', '/var/run/eliza_hup.pid');                              // 9
const USER = constant.user('ELIZA_USER', 'nobody');                                                       // 10
const GROUP = constant.group('ELIZA_GROUP', 'nogroup');                                                   // 11
const ELIZA_HOME = constant.home('ELIZA_HOME', '/var/www/');                                              // 12
const ELIZA_SCRIPT = Eliza.load(constant.script('ELIZA_SCRIPT'));                                         // + e3

// 14: what the signals do. While TERM's handler runs, a HUP waits: what was told to end is not restarted.
SIG.TERM = SIG.INT = do_term;                                                                             // 15 e9
SIG.HUP = do_hup;                                                                                         // 16
// Perl has compiled the subs and blocks below before it runs line 8, and with them has registered its END block.
END(END_block);                                                                                           // +

const port = ARGV[0] ?? PORT;                                                                             // 18 e12
const listen_socket = IO_Socket_INET.open({ LocalPort: port,                                              // 19
  Listen: 20,                                                                                             // 20
  Proto: 'tcp',                                                                                           // 21
  Reuse: true })                                                                                          // 22
  ?? die(`Can't create a listening socket: ${$['@']}`);                                                   // 23 e13
// A var, since END_block may look at it before this line has run, as Perl's END may at its $pid.
var pid: number | undefined = init_server(PIDFILE, USER, GROUP, port);                                    // 24

log_notice(qq`Server accepting connections on port ${port}\n`);                                           // 26

for (let connection; (connection = await listen_socket.accept());) {                                      // 28 e1
  const host = connection.peerhost();                                                                     // 29 e25
  const child = launch_child(undefined, ELIZA_HOME);                                                      // 30
  if (child === 0) {                                                                                      // 31
    listen_socket.close();                                                                                // 32
    log_notice(qq`Accepting a connection from ${host}\n`);                                                // 33
    interact(connection);                                                                                 // 34
    log_notice(qq`Connection from ${host} finished\n`);                                                   // 35
    exit(0);                                                                                              // 36
  }                                                                                                       // 37
  connection.close();                                                                                     // 38
}                                                                                                         // 39

/**
 * One conversation, in the child.
 *
 * @param sock the client
 */
function interact(sock: Connection): void {                                                               // 41-42
  if (!STDIN.fdopen(sock, 'r')) die(`Can't reopen STDIN: ${$['!']}`);                                     // 43
  if (!STDOUT.fdopen(sock, 'w')) die(`Can't reopen STDOUT: ${$['!']}`);                                   // 44
  if (!STDERR.fdopen(sock, 'w')) die(`Can't reopen STDERR: ${$['!']}`);                                   // 45
  pledge('stdio');                                                                                        // + e39
  $['|'] = 1;                                                                                             // 46
  const bot = new Eliza({ scriptfile: ELIZA_SCRIPT, _testquit });                                         // 47
  bot.command_interface();                                                                                // 48
}                                                                                                         // 49

/** The handler of TERM and INT: ends the children, then the program. */
async function do_term(): Promise<void> {                                                                 // 51
  log_notice('TERM signal received, terminating children...\n');                                          // 52
  await kill_children();                                                                                  // 53
  exit(0);                                                                                                // 54
}                                                                                                         // 55

/** The handler of HUP: ends the children, then starts the program again. */
async function do_hup(): Promise<void> {                                                                  // 57
  log_notice('HUP signal received, reinitializing...\n');                                                 // 58
  if (!await perl_c()) return;                                                                            // + e5
  log_notice('Closing listen socket...\n');                                                               // 59
  // Perl closes the socket, and clients that connect are turned away. Ours goes on to the program that follows.
  listen_socket.hand_over();                                                                              // 60 e10
  log_notice('Terminating children...\n');                                                                // 61
  await kill_children();                                                                                  // 62
  log_notice('Trying to relaunch...\n');                                                                  // 63
  await do_relaunch();                                                                                    // 64
  log_die('Relaunch failed. Died');                                                                       // 65
}                                                                                                         // 66

// 68-69: a block in which Perl may redefine a sub without a warning. Ours is given to the bot at line 47.
/**
 * Eliza's test for the end of a conversation, with an answer for the end of input too.
 *
 * @param this the bot
 * @param string the line, undefined at the end of input
 * @returns whether to end
 */
function _testquit(this: Eliza, string?: string): boolean {                                               // 71-72
  if (string === undefined) return true;                                                                  // 73
  // A quit word counts anywhere in the line, so a script's quit words should be whole phrases (erratum 32).
  return this.quit.some((word) => pattern(`\\b${word}\\b`).test(string));                                 // 74
}                                                                                                         // 75
// 77-79: an empty DESTROY keeps Perl's AUTOLOAD from taking it for a field. JavaScript has no destructors.

/** Runs at the exit of this process and of each child; it speaks in the daemon only. */
function END_block(): void {                                                                              // 82
  if (pid !== undefined && $['$'] === pid) log_notice('Server exiting normally\n');                       // 83
}                                                                                                         // 84
