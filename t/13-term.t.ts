/**
 * TERM and INT: the daemon ends its children, waits for them, and leaves nothing behind.
 *
 * A student learns what "dies cleanly" asks for: clients are hung up on, children reaped, the pid file removed, in that order.
 */
import { existsSync } from 'node:fs';
import t from 'tap';
import { children, Client, freeze, is_running, needs_log, send, start, until, users } from './harness.ts';

for (const { name, settings } of users) {
  for (const [signal, open] of [['SIGTERM', 0], ['SIGTERM', 1], ['SIGTERM', 10], ['SIGINT', 2]] as const) {
    void t.test(`${signal} with ${open} conversations open, ${name}`, { skip: needs_log }, async (t) => {
      const { port, pid, pidfile, logged, log } = await start(t, settings);
      const daemon = pid();
      const clients = await Promise.all(Array.from({ length: open }, () => Client.greeted(port)));
      const talking = children(daemon);
      t.equal(talking.length, open, 'a child each');

      send(daemon, signal);
      await until('the daemon to end', () => !is_running(daemon));
      await Promise.all(clients.map((client) => client.end()));
      t.notOk(talking.some(is_running), 'the children have ended before it');
      t.notOk(existsSync(pidfile), 'the pid file is gone');
      await logged(/exiting normally/);
      t.match(log().slice(-2), [
        /TERM signal received, terminating children\.\.\.$/, /Server exiting normally$/,
      ], 'the same two lines for either signal');
      t.notMatch(log().join('\n'), /finished|ended by signal/, 'and nothing of the children');
      await t.rejects(Client.open(port), { code: 'ECONNREFUSED' }, 'nobody listens');
    });
  }
}

void t.test('HUP after TERM does not bring back a server that was told to end', { skip: needs_log }, async (t) => {
  const { port, pid, logged, log } = await start(t);
  const daemon = pid();
  await Client.greeted(port);
  const [child = 0] = children(daemon);
  await freeze(child); // so that the TERM takes as long as we like
  send(daemon, 'SIGTERM');
  await logged(/TERM signal received/);
  send(daemon, 'SIGHUP');
  send(child, 'SIGCONT');
  await until('the daemon to end', () => !is_running(daemon));
  await logged(/exiting normally/);
  t.notMatch(log().join('\n'), /HUP signal/, 'the HUP is not heeded');
});
