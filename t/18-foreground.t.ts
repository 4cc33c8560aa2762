/**
 * --foreground: the daemon stays attached, and its log is what it says on STDERR.
 *
 * A student learns how to watch a daemon at work, and that a log line is the same wherever it goes.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Client, installed, send, start, status, users } from './harness.ts';

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
  void t.test(colour, { skip: installed('script') ? false : 'script(1) is not installed' }, async (t) => {
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
