/**
 * Exercise 8: A goodbye
 *
 * Before TERM ends the server, whoever is talking is told.
 */
import { existsSync } from 'node:fs';
import t from 'tap';
import { children, Client, pid_exists, send, start, until } from '../../../t/harness.ts';

void t.test('A goodbye', async (t) => {
  const { port, pid, pidfile } = await start(t);
  const server = pid();
  const [first, second] = [await Client.greeted(port), await Client.greeted(port)];
  first.send('bye\n');
  await until('the end of the first child', () => children(server).length === 1);
  const third = await Client.greeted(port);
  await third.say('Is anybody there?');
  t.ok(first.closed, 'a client who has said bye is hung up on');

  send(server, 'SIGTERM');
  await until('the end of the server', () => !pid_exists(server));
  await Promise.all([second.end(), third.end()]);
  for (const [name, client] of Object.entries({ second, third })) {
    t.match(client.text, /^The server is going down\.\n$/m, `the ${name} client is told: The server is going down.`);
  }
  t.notMatch(first.text, 'going down', 'a client who had left is not');
  t.notOk(existsSync(pidfile), 'and the server ends as ever');
});
