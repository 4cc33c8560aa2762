/**
 * Exercise 8: A goodbye
 *
 * Before TERM ends the server, whoever is talking is told.
 */
import { existsSync } from 'node:fs';
import t from 'tap';
import { children, Client, descriptors, pid_exists, send, start, until } from '../../../t/harness.ts';

void t.test('A goodbye', async (t) => {
  const { port, pid, pidfile } = await start(t);
  const server = pid();
  const [first, second] = [await Client.greeted(port), await Client.greeted(port)];
  first.send('bye\n');
  await until('the end of the first child', () => children(server).length === 1);
  const third = await Client.greeted(port);
  await third.say('Is anybody there?');
  t.ok(first.closed, 'a client who has said bye is hung up on');

  // The parent may keep a connection for as long as its client talks, and no longer.
  const before = descriptors(server).length;
  for (let i = 0; i < 5; i++) await (await Client.greeted(port)).bye();
  await until('the end of those children', () => children(server).length === 2);
  const more = descriptors(server).length - before;
  t.equal(more, 0, `the server lets go of clients who have left: after five of them it has ${more} descriptors more`);

  send(server, 'SIGTERM');
  await until('the end of the server', () => !pid_exists(server));
  await Promise.all([second.end(), third.end()]);
  for (const [name, client] of Object.entries({ second, third })) {
    const heard = client.text.split(/(?<=\n)/).at(-1) ?? '';
    t.match(client.text, /^The server is going down\.\n$/m,
      `the ${name} client is told: The server is going down. The last line that it has heard is ${JSON.stringify(heard)}`);
  }
  t.notMatch(first.text, 'going down', 'a client who had left is not');
  t.notOk(existsSync(pidfile), 'and the server ends as ever');
});
