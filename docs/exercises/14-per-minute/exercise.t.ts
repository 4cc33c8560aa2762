/**
 * Exercise 14: A limit per minute
 *
 * The server begins only so many conversations a minute; ELIZA_MINUTE says how many seconds a minute has.
 */
import t from 'tap';
import { children, Client, pid_exists, start, until } from '../../../t/harness.ts';

const MINUTE = 8; // seconds
const PATIENCE = 4 * MINUTE * 1000;

void t.test('A limit per minute', async (t) => {
  const env = { ELIZA_PER_MINUTE: '2', ELIZA_MINUTE: String(MINUTE) };
  const { port, pid } = await start(t, { args: ['--foreground'], attached: true, env });
  const refusal = 'Eliza:\tI need a rest, come back in a minute.\n';

  /** Connects, and waits for what the server says. @returns the client */
  async function visit(): Promise<Client> {
    const client = await Client.open(port);
    await until('a word', () => client.closed || client.text.includes('\n'), PATIENCE).catch(() => undefined);
    return client;
  }

  const begin = Date.now();
  const [first, second] = [await visit(), await visit()];
  t.match([first.text, second.text], [/you:\t$/, /you:\t$/], 'two clients are greeted');
  const third = await visit();
  t.equal(third.text, refusal, 'the third one is told to come back');
  await until('its end', () => third.closed, PATIENCE).catch(() => undefined);
  t.ok(third.closed, 'and hung up on');
  t.equal(children(pid()).length, 2, 'no child was forked for it');
  t.match(await first.say('Am I still welcome?'), /^Eliza:\t/, 'those who were there before talk on');

  let late = third;
  await until('a greeting', async () => {
    late = await visit();
    return late.text !== refusal || !pid_exists(pid());
  }, PATIENCE).catch(() => undefined);
  t.match(late.text, /you:\t$/, 'a client is greeted again when the minute is over; those refused meanwhile do not count');
  t.ok(Date.now() - begin >= 1000 * MINUTE - 50, `and not before: after ${MINUTE} seconds`);
});
