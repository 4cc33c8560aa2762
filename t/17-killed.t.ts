/**
 * Processes that are killed: a child, a stopped child, the daemon itself.
 *
 * A student learns what a zombie is, who reaps it, and why the end of one child must not be the end of the server. In
 * the Perl it is: SIGCHLD interrupts accept, accept gives nothing, and the loop of eliza_hup.pl:28 ends.
 */
import t from 'tap';
import { children, Client, freeze, is_running, send, start, until, users } from './harness.ts';

/** @returns the child of the one client there is, when those of others before it have gone */
async function only_child(daemon: number): Promise<number> {
  return until('one child alone', () => {
    const [child = 0, ...others] = children(daemon);
    return others.length === 0 ? child : 0;
  });
}

for (const { name, settings } of users) {
  void t.test(name, async (t) => {
    const { port, pid, log } = await start(t, settings);
    const daemon = pid();

    await t.test('a child', async (t) => {
      const [first, second] = [await Client.greeted(port), await Client.greeted(port)];
      const [victim = 0, other = 0] = children(daemon);
      send(victim, 'SIGKILL');
      await until('the child to be reaped', () => !children(daemon).includes(victim));
      await until('its client to be let go', () => first.closed || second.closed);
      t.ok(is_running(daemon), 'the daemon lives on');
      t.ok(is_running(other), 'and so does the other child');
      const survivor = first.closed ? second : first;
      t.match(await survivor.say('Are you still there?'), /^Eliza:\t/, 'the other conversation goes on');
      await survivor.bye();
      await until('no child, not even a zombie', () => children(daemon).length === 0);
      await (await Client.greeted(port)).bye();
    });

    await t.test('signals that are none of its business', async (t) => {
      send(daemon, 'SIGCHLD');
      const client = await Client.greeted(port);
      const child = await only_child(daemon);
      await freeze(child);
      send(child, 'SIGCONT');
      t.match(await client.say('I was away.'), /^Eliza:\t/, 'a child that was stopped for a while');
      await client.bye();
      t.ok(is_running(daemon), 'the daemon lives on');
    });

    await t.test('the daemon', async (t) => {
      const client = await Client.greeted(port);
      const child = await only_child(daemon);
      send(daemon, 'SIGKILL');
      await until('the daemon to end', () => !is_running(daemon));
      t.match(await client.say('Are we alone now?'), /^Eliza:\t/, 'the conversation goes on to its end');
      await client.bye();
      await until('the child to end', () => !is_running(child));
      t.notMatch(log().join('\n'), /exiting normally/, 'nobody claims that it ended normally');
    });
  });
}
