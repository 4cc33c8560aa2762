/**
 * Exercise 14: A limit per minute
 *
 * The server begins only so many conversations a minute; ELIZA_MINUTE says how many seconds a minute has.
 */
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { children, Client, pid_exists, start, until } from '../../../t/harness.ts';

const MINUTE = 8; // seconds
const PATIENCE = 4 * MINUTE * 1000;

void t.test('A limit per minute', async (t) => {
  const env = { ELIZA_PER_MINUTE: '2', ELIZA_MINUTE: String(MINUTE) };
  const { port, pid } = await start(t, { args: ['--foreground'], attached: true, env });
  const refusal = 'Eliza:\tI need a rest, come back in a minute.\n';

  /** Connects, and waits until the server has greeted or refused. @returns the client */
  async function visit(): Promise<Client> {
    const client = await Client.open(port);
    const answered = (): boolean => client.closed || client.text === refusal || client.text.endsWith('you:\t');
    await until('an answer', answered, PATIENCE).catch(() => undefined);
    return client;
  }

  const heard = ({ text }: Client): string => `"${text.replaceAll(/\s+/g, ' ').trim()}"`;

  const begin = Date.now();
  const [first, second] = [await visit(), await visit()];
  t.match([first.text, second.text], [/you:\t$/, /you:\t$/], 'two clients are greeted');
  const third = await visit();
  await until('its end', () => third.closed, PATIENCE).catch(() => undefined);
  t.equal(third.text, refusal, `the third one is told to come back, and nothing else; it heard ${heard(third)}`);
  t.ok(third.closed, 'and hung up on');
  t.equal(children(pid()).length, 2, 'no child was forked for it: it is the parent that refuses');
  t.match(await first.say('Am I still welcome?'), /^Eliza:\t/, 'those who were there before talk on');

  let late = third;
  const greeted = (): boolean => late.text.endsWith('you:\t');
  await until('a greeting', async () => {
    await setTimeout(100); // a few others a second are enough
    late = await visit();
    return late.text !== refusal || !pid_exists(pid());
  }, PATIENCE).catch(() => undefined);
  const among_others = greeted();
  const after = Date.now() - begin;
  if (!among_others) { // perhaps those count who were refused: so nobody comes for a minute
    await setTimeout(1000 * MINUTE + 500);
    late = await visit();
  }
  t.ok(greeted(), `a client is greeted again when the minute of ${MINUTE} seconds is over; it heard ${heard(late)}`);
  t.ok(among_others || !greeted(), 'although others came meanwhile: those that were refused do not count');
  t.ok(after >= 1000 * MINUTE - 50, `and not before: after ${MINUTE} seconds`);
});
