/**
 * Exercise 3: Where are you calling from?
 *
 * Each client is told its address before ELIZA speaks.
 */
import t from 'tap';
import { Client, start } from '../../../t/harness.ts';

void t.test('Where are you calling from?', async (t) => {
  const { port } = await start(t);
  const client = await Client.greeted(port);
  const [line = '', next = ''] = client.text.split('\n');
  t.equal(line, 'You are calling from 127.0.0.1.', 'the first line that a client sees names its address');
  t.match(next || line, /^Eliza:\t/, 'ELIZA greets it after that');
  t.match(await client.say('My address is known.'), /^Eliza:\t.*\n/, 'and the conversation is as ever');
  await client.bye();
});
