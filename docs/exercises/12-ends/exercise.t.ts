/**
 * Exercise 12: How did it end?
 *
 * The server logs how each conversation has ended: with which status, or by which signal.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { children, Client, home_in, is_root, pid_exists, send, start, until } from '../../../t/harness.ts';

const PATIENCE = 10_000; // milliseconds

void t.test('How did it end?', async (t) => {
  const { port, pid, log, dir } = await start(t, { args: ['--foreground'], attached: true });

  /** Holds a conversation and ends it. @returns what the log says of its end */
  async function end_of(end: (client: Client, child: number) => unknown): Promise<string> {
    const client = await Client.greeted(port);
    const child = await until('a child', () => children(pid())[0]);
    await end(client, child);
    await until('the end of the child', () => !pid_exists(child));
    const said = (): string | undefined => log().flatMap((line) =>
      new RegExp(`Conversation ${child} ((?:ended|was ended) .*)$`).exec(line)?.[1] ?? [])[0];
    return await until('the line', said, PATIENCE).catch(() => 'nothing');
  }

  t.equal(await end_of((client) => client.bye()), 'ended with status 0',
    'after a bye the log has "Conversation PID ended with status 0"');
  t.equal(await end_of((_, child) => send(child, 'SIGKILL')), 'was ended by signal 9',
    'after a KILL the log has "Conversation PID was ended by signal 9"');
  t.equal(await end_of((_, child) => send(child, 'SIGTERM')), 'was ended by signal 15',
    'after a TERM the log has "Conversation PID was ended by signal 15"');
  if (!is_root) return;
  rmSync(home_in(dir).ELIZA_HOME ?? join(dir, 'home'), { recursive: true });
  await (await Client.open(port)).end();
  const failed = /Conversation \d+ ended with status (\d+)$/;
  const statuses = (): string[] => log().flatMap((line) => failed.exec(line)?.[1] ?? []);
  await until('another status', () => statuses().length > 1, PATIENCE).catch(() => undefined);
  t.equal(statuses()[1], '2', 'a child that cannot go to its folder ends with status 2, the number of that error');
});
