/**
 * Exercise 5: How long did they talk?
 *
 * The server logs how long each conversation lasted, whatever its end.
 */
import t from 'tap';
import { children, Client, pid_exists, send, start, until } from '../../../t/harness.ts';

void t.test('How long did they talk?', async (t) => {
  const { port, pid, log, logged } = await start(t, { args: ['--foreground'], attached: true });
  const server = pid();

  /** Holds a conversation, and ends it. @returns its child, and the fewest and the most milliseconds it can have lasted */
  async function converse(end: (client: Client, child: number) => unknown): Promise<[number, number, number]> {
    const before_all = Date.now();
    const client = await Client.greeted(port);
    const greeted = Date.now();
    const child = await until('a child', () => children(server)[0]);
    for (let i = 0; i < 20; i++) await client.say('I have a lot of time.');
    const least = Date.now() - greeted;
    await end(client, child);
    await until('the end of the child', () => !pid_exists(child));
    return [child, least, Date.now() - before_all];
  }

  const conversations = [
    await converse((client) => client.bye()),
    await converse((_, child) => send(child, 'SIGKILL')),
  ];
  await (await Client.greeted(port)).bye();
  await logged(/finished/, 2);
  const said = (child: number): string[] =>
    log().flatMap((line) => new RegExp(`Conversation ${child} lasted (\\d+) ms`).exec(line)?.[1] ?? []);
  for (const [i, [child, least, most]] of conversations.entries()) {
    const what = i === 0 ? 'a conversation that ended with bye' : 'a conversation whose child was killed';
    const [milliseconds = 'nothing', ...more] = said(child);
    t.not(milliseconds, 'nothing', `${what}: the log has "Conversation PID lasted N ms"`);
    if (milliseconds === 'nothing') continue;
    t.same(more, [], `${what}: once`);
    // The clock is read in two processes: a millisecond more or less.
    t.ok(Number(milliseconds) >= least - 1 && Number(milliseconds) <= most + 1,
      `${what}: ${milliseconds} ms; it was between ${least} and ${most}`);
  }
});
