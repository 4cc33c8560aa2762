/**
 * Exercise 6: Rules of your own
 *
 * A running server is given other rules, by HUP.
 */
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Client, folder, root, send, start, until } from '../../../t/harness.ts';

void t.test('Rules of your own', async (t) => {
  const dir = folder(t);
  const script = join(dir, 'script.txt');
  writeFileSync(script, 'initial: Hm.\nfinal: Hm.\nquit: bye\nkey: xnone\n  decomp: *\n    reasmb: I know nothing yet.\n');
  const settings = { dir, args: ['--foreground'], attached: true, env: { ELIZA_SCRIPT: script } };
  const { port, pid, log, logged } = await start(t, settings);

  copyFileSync(join(root, 'unix.txt'), script);
  const before = await Client.greeted(port);
  t.match(await before.say('I sent HUP to my server.'), 'I know nothing yet.', 'until the HUP the server has its old rules');

  send(pid(), 'SIGHUP');
  await logged(/Server accepting|Not relaunched/, 2).catch(() => undefined);
  t.notMatch(log().join('\n'), /Not relaunched/, 'unix.txt is a script that a server can be started with');
  const client = await Client.greeted(port);
  t.notMatch(client.text, 'Hm.', 'the HUP brought the new rules');

  const reply = async (line: string): Promise<string> => (await client.say(line)).split('\n')[0] ?? '';
  for (const signal of ['HUP', 'TERM', 'WINCH']) {
    t.match(await reply(`I sent ${signal} to my server.`), new RegExp(`^Eliza:\t(?=.*\\b${signal}\\b)(?=.*your server)`),
      `"I sent ${signal} to my server." is answered with the signal, and with "your server"`);
  }
  for (const line of ['I have a child.', 'My children do not listen.']) {
    t.match(await reply(line), /\bfork\b/, `"${line}" is answered with something about fork`);
  }
  t.match(await reply('It is raining.'), 'Please go on.', 'what has no rule is still answered');
  client.send('I detach from all this.\nAnd more.\n');
  await until('an answer to "I detach from all this."', () => client.closed || client.text.split('\nyou:\t').length > 8);
  t.ok(client.closed, '"I detach from all this." ends the conversation');
});
