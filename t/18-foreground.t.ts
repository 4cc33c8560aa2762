/**
 * --foreground: the daemon stays attached, and its log is what it says on STDERR.
 *
 * A student learns how to watch a daemon at work, and that a log line is the same wherever it goes.
 */
import { spawn } from 'node:child_process';
import { chownSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  as_nobody, Client, environment, folder, free_port, home_in, installed, is_root, is_running, nobody, pid_in, root, send, start,
  status, until, users,
} from './harness.ts';

const needs_script = installed('script') ? false : 'script(1) is not installed';

for (const { name, settings } of users) {
  void t.test(name, async (t) => {
    const attached = { args: ['--foreground'], attached: true };
    const { port, pid, log, logged, stop, running, dir } = await start(t, { ...settings, ...attached });
    t.not(status(pid(), 'PPid'), '1', 'it stays a child of the process that started it');
    t.match((await (await Client.greeted(port)).bye()), /^Eliza:\t.*\nyou:\tEliza:\t.*\n$/, 'a whole conversation');
    await logged(/finished/);
    await stop();
    const { status: code, stdout } = await running;
    t.equal(code, 0, 'after TERM the command returns 0');
    t.equal(stdout, '', 'it says nothing on STDOUT');
    const lines = log().filter((line) => !line.startsWith('eliza_hup.js:'));
    t.equal(lines.length, 5, 'start, two of the conversation, two of the end');
    const form = /^[A-Z][a-z][a-z] [ 0-9][0-9] [0-9:]{8} eliza_hup\.js\[\d+\]: \S/;
    for (const line of lines) t.match(line, form, 'no colours in a pipe');
    t.notOk(existsSync(join(dir, 'eliza_hup.log')), 'and no file');
  });
}

for (const [colour, env] of [['colours on a terminal', {}], ['none where NO_COLOR is set', { NO_COLOR: '1' }]] as const) {
  void t.test(colour, { skip: needs_script }, async (t) => {
    const more = { env: { ...env, TERM: 'xterm' }, terminal: true };
    const { port, pid, running } = await start(t, { attached: true, args: ['--foreground'], ...more });
    await (await Client.greeted(port)).bye();
    send(pid(), 'SIGTERM');
    const { stdout } = await running;
    t.equal(/\]: \u001b\[32mServer accepting connections on port \d+\u001b\[39m/.test(stdout), colour.startsWith('colours'),
      `${colour}: green is the word of a server that is ready`);
    t.match(stdout, 'Server exiting normally', 'the log goes on to its end');
  });
}

for (const { name, settings } of users) {
  void t.test(`the terminal is closed, ${name}`, { skip: needs_script }, async (t) => {
    const dir = folder(t);
    if (is_root && settings.user) chownSync(dir, nobody.uid, nobody.gid);
    const pidfile = join(dir, 'pid');
    const env = environment({ ELIZA_PIDFILE: pidfile, ...settings.user ? {} : home_in(dir) });
    const port = await free_port();
    const program = [process.execPath, join(root, 'eliza_hup.js'), '--foreground', String(port)];
    const eliza = [...settings.user ? as_nobody : [], ...program];
    const words = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const script = ['script', '-qec', `exec ${eliza.join(' ')}`, '/dev/null'];
    const terminal = spawn('env', ['-i', ...words, ...script], { stdio: ['ignore', 'pipe', 'ignore'] });
    let said = '';
    terminal.stdout.on('data', (data) => { said += String(data); });
    await until('it to serve', () => said.includes('Server accepting'));
    const daemon = pid_in(pidfile);
    const client = await Client.greeted(port);
    send(daemon, 'SIGHUP');
    await until('the relaunch', () => said.match(/Server accepting/g)?.length === 2);
    await client.end();
    t.equal(pid_in(pidfile), daemon, 'HUP while there is a terminal: it is relaunched');
    const last = await Client.greeted(port);
    terminal.kill('SIGKILL'); // which closes the terminal
    await last.end();
    await until('the daemon to end', () => !is_running(daemon));
    t.notOk(existsSync(pidfile), 'without one it ends, and leaves no pid file');
    await t.rejects(Client.open(port), { code: 'ECONNREFUSED' }, 'nor anything that listens');
  });
}
