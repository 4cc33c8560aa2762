/**
 * Exercise 13: Two ports
 *
 * The server listens on a second port too, and serves the clients of both.
 */
import t from 'tap';
import { Client, free_port, pid_exists, send, start, until } from '../../../t/harness.ts';

const PATIENCE = 10_000; // milliseconds

void t.test('Two ports', async (t) => {
  const second = await free_port();
  const { port, pid } = await start(t, { env: { ELIZA_SECOND: String(second) } });
  const server = pid();

  /** Connects, and waits for the greeting. @returns the client, who may not have been greeted */
  async function talk(to: number): Promise<Client | undefined> {
    const client = await Client.open(to).catch(() => undefined);
    await until('a greeting', () => client === undefined || client.closed || client.text.includes('you:\t'), PATIENCE)
      .catch(() => undefined);
    return client?.text.includes('you:\t') ? client : undefined;
  }

  const clients: (Client | undefined)[] = [];
  for (const [name, to] of [
    ['a client of the first port is greeted', port],
    ['another one of the first port', port],
    ['one of the second port', second],
    ['another one of the second port', second],
    ['and another one', second],
    ['one of the first port again', port],
  ] as const) {
    const client = await talk(to);
    clients.push(client);
    t.ok(client, name);
  }
  for (const [i, client] of clients.entries()) {
    if (client) t.match(await client.say('Are you there?'), /^Eliza:\t/, `client ${i + 1} is answered`);
  }
  send(server, 'SIGTERM');
  await until('the end', () => !pid_exists(server), PATIENCE).catch(() => undefined);
  t.notOk(pid_exists(server), 'TERM ends the server');
  t.equal(await Client.open(second).catch(() => 'refused'), 'refused', 'and nobody listens on the second port any more');
});
