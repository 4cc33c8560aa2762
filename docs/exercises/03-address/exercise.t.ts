/**
 * Exercise 3: Where are you calling from?
 *
 * Each client is told its address before ELIZA speaks.
 */
import t from 'tap';
import { Client, start, until } from '../../../t/harness.ts';

void t.test('Where are you calling from?', async (t) => {
  const { port, log } = await start(t, { args: ['--foreground'], attached: true });
  const client = await Client.open(port);
  await client.greeted_or_closed();
  const [line = '', next = ''] = client.text.split('\n');
  const erred = (): boolean => log().some((one) => one.includes('Error'));
  if (client.text === '') await until('the reason', erred, 5000).catch(() => undefined);
  const why = log().flatMap((one) => /\]: (.*Error.*)$/.exec(one)?.[1] ?? []);
  const seen = client.text === '' ? `it was hung up on; the log has "${why.at(-1) ?? 'no reason'}"` : `it was "${line}"`;
  t.equal(line, 'You are calling from 127.0.0.1.', `the first line that a client sees names its address; ${seen}`);
  t.match(next || line, /^Eliza:\t/, 'ELIZA greets it after that');
  if (client.closed) return;
  t.match(await client.say('My address is known.'), /^Eliza:\t.*\n/, 'and the conversation is as ever');
  await client.bye();
});
