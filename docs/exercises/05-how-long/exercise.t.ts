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

  /** A conversation under way. */
  interface Conversation {
    client: Client;
    child: number;
    before: number;
    greeted: number;
  }

  async function begin(): Promise<Conversation> {
    const before = Date.now();
    const others = children(server);
    const client = await Client.greeted(port);
    const child = await until('a child', () => children(server).find((one) => !others.includes(one)));
    return { client, child, before, greeted: Date.now() };
  }

  /** Talks until some time has gone. */
  async function talk({ client }: Conversation, ms: number): Promise<void> {
    for (const begin = Date.now(); Date.now() < begin + ms;) await client.say('I have a lot of time.');
  }

  /** Ends a conversation. @returns its child, and the fewest and the most milliseconds it can have lasted */
  async function end({ client, child, before, greeted }: Conversation, by: 'bye' | 'KILL'): Promise<[number, number, number]> {
    const least = Date.now() - greeted;
    if (by === 'bye') await client.bye();
    else send(child, 'SIGKILL');
    await until('the end of the child', () => !pid_exists(child));
    return [child, least, Date.now() - before];
  }

  // The second begins when the first has long been under way, and ends before it; the third begins after both.
  const first = await begin();
  await talk(first, 300);
  const second = await begin();
  await talk(second, 100);
  const killed = await end(second, 'KILL');
  const last = await begin();
  const conversations = [await end(first, 'bye'), killed, await end(last, 'bye')];
  await (await Client.greeted(port)).bye();
  await logged(/finished/, 3);
  const said = (child: number): string[] =>
    log().flatMap((line) => new RegExp(`Conversation ${child} lasted (\\d+) ms`).exec(line)?.[1] ?? []);
  for (const [i, [child, least, most]] of conversations.entries()) {
    const what = ['a conversation that ended with bye', 'a conversation whose child was killed', 'a short one'][i] ?? '';
    const [milliseconds = 'nothing', ...more] = said(child);
    t.not(milliseconds, 'nothing', `${what}: the log has "Conversation PID lasted N ms"`);
    if (milliseconds === 'nothing') continue;
    t.same(more, [], `${what}: once`);
    // The clock is read in two processes: a millisecond more or less.
    t.ok(Number(milliseconds) >= least - 1 && Number(milliseconds) <= most + 1,
      `${what}: ${milliseconds} ms; it was between ${least} and ${most}, while others began and ended`);
  }
});
