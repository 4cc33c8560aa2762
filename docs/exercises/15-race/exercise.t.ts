/**
 * Exercise 15: A race
 *
 * A TERM that comes to a child at the worst moment ends that child, and nothing else.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { children, Client, pid_exists, root, send, start, until } from '../../../t/harness.ts';

const PATIENCE = 10_000; // milliseconds

void t.test('A race', async (t) => {
  const early = { NODE_OPTIONS: `--import=${pathToFileURL(join(root, 'early.js')).href}` };
  const { port, pid, log } = await start(t, { args: ['--foreground'], attached: true, env: early });
  const server = pid();
  for (const name of ['a child', 'and another one']) {
    const client = await Client.open(port).catch(() => undefined);
    await until('an end or a greeting', () => client === undefined || client.closed || client.text !== '', PATIENCE)
      .catch(() => undefined);
    t.equal(client?.text, '', `${name}: TERM, as soon as it is born, ends it`);
  }
  t.notMatch(log().join('\n'), 'TERM signal received', 'the server goes on: the signal was not for it');
  if (!pid_exists(server)) return;

  const usual = await start(t, { args: ['--foreground'], attached: true });
  const client = await Client.greeted(usual.port);
  const [child = 0] = children(usual.pid());
  if (child > 0) send(child, 'SIGTERM');
  await until('the end of the child', () => !pid_exists(child), PATIENCE).catch(() => undefined);
  t.notOk(pid_exists(child), 'a child that has ended is asked for: the server hears CHLD');
  await client.end();
  const last = usual.pid();
  send(last, 'SIGTERM');
  await until('the end of the server', () => !pid_exists(last), PATIENCE).catch(() => undefined);
  t.match(usual.log().join('\n'), 'TERM signal received', 'and TERM: it still has its own handlers');
});
