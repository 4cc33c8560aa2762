/**
 * Exercise 11: Rules without a restart
 *
 * HUP brings the server new rules, and whoever is talking talks on.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Client, few_words, folder, pid_exists, send, start, until } from '../../../t/harness.ts';

const PATIENCE = 10_000; // milliseconds
const rules = (name: string): string => few_words(`Here are the ${name} rules.`).replace('Go on.', `So say the ${name} rules.`);

void t.test('Rules without a restart', async (t) => {
  const dir = folder(t);
  const script = join(dir, 'script.txt');
  writeFileSync(script, rules('old'));
  const settings = { dir, args: ['--foreground'], attached: true, env: { ELIZA_SCRIPT: script } };
  const { port, pid, log } = await start(t, settings);
  const server = pid();

  /** Sends HUP, and waits for a line in the log. @returns whether it has come */
  async function hup(line: RegExp): Promise<boolean> {
    const count = (): number => log().filter((one) => line.test(one)).length;
    const before = count();
    send(server, 'SIGHUP');
    return until(String(line), () => count() > before, PATIENCE).catch(() => false);
  }

  const early = await Client.greeted(port);
  writeFileSync(script, rules('new'));
  t.ok(await hup(/The rules have been read again/), 'HUP: the log has "The rules have been read again"');
  early.send('Hello?\n');
  await until('an answer', () => early.closed || early.text.includes('So say'), PATIENCE).catch(() => undefined);
  t.notOk(early.closed, 'the conversation that was under way goes on');
  t.match(early.text, 'So say the old rules.', 'by the rules that it began with');
  const late = await Client.greeted(port);
  t.match(late.text, 'Here are the new rules.', 'a client who comes after the HUP meets the new rules');

  writeFileSync(script, 'This is no script.\n');
  t.ok(await hup(/The rules stay as they were: ./), 'a script that is none: the log has "The rules stay as they were: WHY"');
  t.ok(pid_exists(server), 'and the server does not end over it');
  if (!pid_exists(server)) return;
  t.match((await Client.greeted(port)).text, 'Here are the new rules.', 'it goes on with the rules that it had');

  send(server, 'SIGTERM');
  await until('the end', () => early.closed && late.closed && !pid_exists(server), PATIENCE).catch(() => undefined);
  t.ok(early.closed && late.closed, 'TERM ends every conversation, those that began before a HUP too');
});
