#!/usr/bin/env node
/**
 * quoted: a server for quotations. Each client gets one at once, and another for each line that it sends.
 *
 * @module
 */
import '../../../../perl/perlrun.ts';
import { readFileSync } from 'node:fs';
import { init_server, kill_children, launch_child } from '../../../../Daemon.ts';
import { do_relaunch, log_die, log_notice } from '../../../../Daemon.ts';
import { type Connection, IO_Socket_INET, STDERR, STDIN, STDOUT } from '../../../../perl/IO/Socket.ts';
import { $, ARGV, constant, die, END, exit, perl_c, pledge, qq, SIG } from '../../../../perl/perl.ts';

const PORT = 1017;
const PIDFILE = constant.pidfile('QUOTED_PIDFILE', '/var/run/quoted.pid');
const USER = constant.user('QUOTED_USER', 'nobody');
const GROUP = constant.group('QUOTED_GROUP', 'nogroup');
const HOME = constant.home('QUOTED_HOME', '/var/www/');
const FILE = constant.script('QUOTED_FILE') ?? die('QUOTED_FILE names no file of quotations\n');

// Read before the first fork: a child in its chroot finds no file.
const quotes = readFileSync(FILE, 'latin1').split('\n').filter((line) => line !== '');
if (quotes.length === 0) die(`${FILE} has no quotation\n`);

SIG.TERM = SIG.INT = do_term;
SIG.HUP = do_hup;
END(() => { if (pid !== undefined && $['$'] === pid) log_notice('Server exiting normally\n'); });

const port = ARGV[0] ?? PORT;
const listen_socket = IO_Socket_INET.open({ LocalPort: port, Listen: 20, Proto: 'tcp', Reuse: true })
  ?? die(`Can't create a listening socket: ${$['@']}`);
var pid: number | undefined = init_server(PIDFILE, USER, GROUP, port); // eslint-disable-line no-var -- END may look earlier
log_notice(qq`Server accepting connections on port ${port}\n`);

for (let connection; (connection = await listen_socket.accept());) {
  const host = connection.peerhost();
  const child = launch_child(undefined, HOME);
  if (child === 0) {
    listen_socket.close();
    log_notice(qq`Accepting a connection from ${host}\n`);
    interact(connection);
    log_notice(qq`Connection from ${host} finished\n`);
    exit(0);
  }
  connection.close();
}

/** A quotation at once, and one for each line. */
function interact(sock: Connection): void {
  if (!STDIN.fdopen(sock, 'r')) die(`Can't reopen STDIN: ${$['!']}`);
  if (!STDOUT.fdopen(sock, 'w')) die(`Can't reopen STDOUT: ${$['!']}`);
  if (!STDERR.fdopen(sock, 'w')) die(`Can't reopen STDERR: ${$['!']}`);
  pledge('stdio');
  $['|'] = 1;
  for (let i = 0; STDOUT.print(`${quotes[i % quotes.length] ?? ''}\n`); i++) {
    if (STDIN.getline() === undefined) return;
  }
}

/** TERM and INT. */
async function do_term(): Promise<void> {
  SIG.HUP = 'IGNORE';
  log_notice('TERM signal received, terminating children...\n');
  await kill_children();
  exit(0);
}

/** HUP. */
async function do_hup(): Promise<void> {
  log_notice('HUP signal received, reinitializing...\n');
  if (!await perl_c()) return;
  listen_socket.hand_over();
  await kill_children();
  await do_relaunch();
  log_die('Relaunch failed. Died');
}
