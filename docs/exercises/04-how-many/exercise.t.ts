/**
 * Exercise 4: How many are talking?
 *
 * USR2 makes the server log how many conversations are open.
 */
import t from 'tap';
import { children, Client, send, start, status, until } from '../../../t/harness.ts';

void t.test('How many are talking?', async (t) => {
  const { port, pid, log } = await start(t, { args: ['--foreground'], attached: true });
  const server = pid();
  const USR2 = 12;
  const answers = (): string[] => log().flatMap((line) => /\d+ conversations? open/.exec(line)?.[0] ?? []);

  /** Asks the server, and waits for its answer; ten seconds at most. */
  async function ask(): Promise<void> {
    const [before, late] = [answers().length, Date.now() + 10_000];
    send(server, 'SIGUSR2');
    await until('an answer', () => answers().length > before || Date.now() > late);
  }

  /** Whether a signal comes to a handler; otherwise this one would end the server. */
  function has_handler(signal: number): boolean {
    return (BigInt(`0x${status(server, 'SigCgt')}`) >> BigInt(signal - 1) & 1n) === 1n;
  }

  if (!has_handler(USR2)) {
    t.fail('USR2 has a handler');
    return;
  }
  const clients = [await Client.greeted(port), await Client.greeted(port)];
  await ask();
  t.same(answers(), ['2 conversations open'], 'USR2 logs how many conversations are open');
  for (const client of clients) await client.bye();
  await until('the end of the children', () => children(server).length === 0);
  await ask();
  t.same(answers().slice(1), ['0 conversations open'], 'and again, when those have ended');
  t.match(await (await Client.greeted(port)).bye(), /^Eliza:/, 'the server goes on as if nothing had been asked');
});
