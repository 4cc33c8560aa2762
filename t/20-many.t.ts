/**
 * Many conversations: all complete, no zombie, no descriptor more than before.
 *
 * A student learns to look for what a server leaks: processes and descriptors; and for clients that it loses.
 */
import t from 'tap';
import { children, Client, descriptors, one_user, start, until } from './harness.ts';

const clients = 16;
const room = { ELIZA_CONVERSATIONS: '1000', ELIZA_PER_ADDRESS: '1000' }; // for children that are long in ending, too
const runs = [
  ...one_user.map((user) => ({ ...user, conversations: 300 })),
  // V8 wakes libuv when it collects garbage; in a child nobody is there to be woken
  { name: 'with garbage collected all the time', settings: { switches: ['--gc-interval=500'] }, conversations: 100 },
];

for (const { name, settings, conversations } of runs) {
  void t.test(`${conversations} conversations at ${clients} clients, ${name}`, async (t) => {
    const { port, pid } = await start(t, { ...settings, env: room });
    const daemon = pid();
    await (await Client.greeted(port)).bye();
    await until('the child to be reaped', () => children(daemon).length === 0);
    const before = descriptors(daemon).length;

    let [begun, complete] = [0, 0];
    const client = async (): Promise<void> => {
      while (begun++ < conversations) {
        const client = await Client.greeted(port);
        await client.say('I need some help.');
        await client.say('My mother thinks so.');
        const text = await client.bye();
        if (/^(Eliza:\t[^\n]+\nyou:\t){3}Eliza:\t[^\n]+\n$/.test(text)) complete++;
        else t.comment(JSON.stringify(text));
      }
    };
    await Promise.all(Array.from({ length: clients }, client));
    t.equal(complete, conversations, 'all complete');
    await until('the last child to be reaped', () => children(daemon).length === 0);
    t.equal(descriptors(daemon).length, before, 'no descriptor more than before');
  });
}
