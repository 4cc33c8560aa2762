/**
 * HUP: the daemon ends its children and executes itself again: same port, new program, new script.
 *
 * A student learns why HUP is the signal for "read your configuration again", and how exec keeps a process and replaces
 * all that is in it.
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import t from 'tap';
import {
  children, Client, copy_program, few_words, folder, is_root, is_running, needs_log, one_user, send, start, status, until,
} from './harness.ts';

for (const { name, settings } of one_user) {
  void t.test(name, { skip: needs_log }, async (t) => {
    const { port, pid, pidfile, logged, log, stop } = await start(t, settings);

    for (const open of [0, 1, 10]) {
      await t.test(`with ${open} conversations open`, async (t) => {
        const daemon = pid();
        const relaunched = log().filter((line) => line.includes('Server accepting')).length;
        const clients = await Promise.all(Array.from({ length: open }, () => Client.greeted(port)));
        const talking = children(daemon);
        send(daemon, 'SIGHUP');
        await Promise.all(clients.map((client) => client.end()));
        await logged(/Server accepting/, relaunched + 1);
        t.notOk(talking.some(is_running), 'the children have ended');
        await until('the old process to be gone', () => !is_running(daemon));
        t.not(pid(), daemon, 'the pid file has a fresh pid');
        await until('it to be a daemon like the first', () => status(pid(), 'PPid') === '1');
        t.equal(statSync(pidfile).mode & 0o777, 0o644, 'the pid file can be read by all, written by its owner');
        t.match((await (await Client.greeted(port)).bye()).slice(-60), /\n$/, 'it talks on the same port');
      });
    }

    await t.test('again and again', async (t) => {
      for (let n = log().filter((line) => line.includes('Server accepting')).length; n < 11; n++) {
        send(pid(), 'SIGHUP');
        await logged(/Server accepting/, n + 1);
        await (await Client.greeted(port)).bye();
      }
      t.equal(log().filter((line) => line.includes('HUP signal received')).length, 10, 'ten times in all');
      t.notMatch(log().join('\n'), /exiting normally/, 'a relaunch is no exit');
      if (is_root && !settings.user) t.equal(status(pid(), 'Uid'), '0 65534 0 65534', 'and can still regain root');
    });
    await stop();
  });
}

void t.test('the process is replaced, no helper started: attached, it keeps its pid', async (t) => {
  const { port, pid, logged, stop } = await start(t, { args: ['--foreground'], attached: true });
  await (await Client.greeted(port)).bye();
  const before = pid();
  const begun = (): string | undefined => readFileSync(`/proc/${before}/stat`, 'utf8').replace(/^.*\) /, '').split(' ')[19];
  const started = begun();
  send(before, 'SIGHUP');
  await logged(/Server accepting/, 2);
  t.equal(pid(), before, 'the same pid');
  t.equal(begun(), started, 'the same process');
  await (await Client.greeted(port)).bye();
  await stop();
});

void t.test('an edited script takes effect', { skip: needs_log }, async (t) => {
  const dir = folder(t);
  const script = join(dir, 'script.txt');
  const write = (greeting: string): void => {
    writeFileSync(script, few_words(greeting));
  };
  write('Hello the first.');
  const { port, pid, logged } = await start(t, { dir, env: { ELIZA_SCRIPT: relative(process.cwd(), script) } });
  t.match((await Client.greeted(port)).text, 'Eliza:\tHello the first.\n', 'the script as it was at the start');
  write('Hello the second.');
  t.match((await Client.greeted(port)).text, 'Eliza:\tHello the first.\n', 'not before the HUP');
  send(pid(), 'SIGHUP');
  await logged(/Server accepting/, 2);
  t.match((await Client.greeted(port)).text, 'Eliza:\tHello the second.\n', 'the edited one after the HUP');
});

void t.test('an edited program takes effect, in a folder whose name has a space and a plus', { skip: needs_log }, async (t) => {
  const dir = folder(t);
  const program = copy_program(join(dir, 'a copy + more'));
  const { port, pid, logged } = await start(t, { dir, program });
  await (await Client.greeted(port)).bye();
  writeFileSync(program, readFileSync(program, 'utf8').replace('Server accepting connections', 'Server, edited, accepting'));
  send(pid(), 'SIGHUP');
  await logged(/Server, edited, accepting on port/);
  t.match((await (await Client.greeted(port)).bye()), /\n$/, 'the edited program serves');
});

const port_1002 = { skip: is_root ? false : 'port 1002 is root’s' };
void t.test('without a port argument the relaunch has none either', port_1002, async (t) => {
  const { pid, logged, log } = await start(t, { port: 0 });
  await (await Client.greeted(1002)).bye();
  send(pid(), 'SIGHUP');
  await logged(/Server accepting connections on port 1002$/, 2);
  await (await Client.greeted(1002)).bye();
  t.notMatch(log().join('\n'), /undefined|NaN|uninitialized/, 'no word in the log of what is missing');
});
