/**
 * Addresses: who is one client too many, and whose places these are.
 *
 * A student learns that a limit for one address protects the others only if it costs the server nothing to say no; and
 * that with IPv6 one client may have more addresses than all of IPv4 has.
 */
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { inet_ntop, network } from '../perl/Socket.ts';
import {
  children, Client, environment, folder, home_in, installed, is_root, needs_log, root, run, start, type Test, until,
} from './harness.ts';

void t.test('a flood from one address keeps nobody else out', { skip: needs_log }, async (t) => {
  const { port, pid, log } = await start(t, {
    env: { ELIZA_CONVERSATIONS: '16', ELIZA_PER_ADDRESS: '15', ELIZA_LOG_RATE: '1000000' },
  });
  const talkers = await Promise.all(Array.from({ length: 15 }, () => Client.greeted(port)));
  t.equal(children(pid()).length, 15, 'fifteen conversations from one address: it has no place left, and the others have one');
  let [flood, honest] = [0, 0];
  let over = false;
  const flooders = Array.from({ length: 8 }, async () => {
    while (!over) {
      const client = await Client.open(port);
      await client.end();
      if (!client.text.startsWith('Eliza:\tI have too many patients just now')) t.fail('one of the flood got in');
      flood++;
      client.destroy();
    }
  });
  try {
    while (honest < 20 || flood < 300) {
      const client = await Client.greeted(port, `127.0.0.${2 + honest % 100}`); // refused, it would throw
      if (!/\nyou:\tEliza:\t[^\n]+\n$/.test(await client.bye())) t.fail('an honest client was not served to the end');
      honest++;
      await until('its place to be free', () => children(pid()).length === 15);
    }
  } finally {
    over = true;
    await Promise.all(flooders);
  }
  t.ok(honest >= 20, `${honest} clients from other addresses were served meanwhile, one after the other`);
  t.ok(flood >= 300, `${flood} of the flood were refused`);
  t.equal(log().filter((line) => line.includes('Accepting')).length, 15 + honest, 'the refused count as no conversation');
  for (const talker of talkers) await talker.bye();
});

void t.test('an address as text', (t) => {
  const address = (family: number, ...bytes: number[]): Buffer => Buffer.from([family, 0, 4, 210, ...bytes]);
  const ipv6 = (...bytes: number[]): Buffer => address(10, 0, 0, 0, 0, ...bytes, 0, 0, 0, 0); // AF_INET6, and the flow before
  t.equal(inet_ntop(address(2, 192, 0, 2, 7)), '192.0.2.7', 'IPv4: four decimal numbers');
  t.equal(inet_ntop(ipv6(0x20, 1, 0xd, 0xb8, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 0xff)), '2001:db8:1:2:3:4:5:ff', 'IPv6: eight');
  t.equal(inet_ntop(ipv6(...Array.from({ length: 10 }, () => 0), 255, 255, 192, 0, 2, 7)), '192.0.2.7',
    'an IPv4 address that comes to an IPv6 socket is one of IPv4');
  t.end();
});

void t.test('what counts as one address', (t) => {
  t.equal(network('192.0.2.7'), '192.0.2.7', 'IPv4: all of it');
  t.equal(network('2001:db8:1:2:3:4:5:ff'), '2001:db8:1:2', 'IPv6: the first half');
  t.equal(network('0:0:0:0:0:0:0:1'), '0:0:0:0', 'also of the machine itself');
  t.end();
});

/** What each of some clients comes to, at a daemon that takes one from each address. */
async function clients_from(t: Test, addresses: string[], ...before: string[]): Promise<{ outcome: string[]; log: string }> {
  const dir = folder(t);
  const env = environment({ ELIZA_PIDFILE: join(dir, 'pid'), ELIZA_PER_ADDRESS: '1', ...home_in(dir) });
  const program = [process.execPath, join(root, 't', 'programs', 'addresses.js'), ...addresses];
  const [command = '', ...args] = [...before, ...program];
  const { stdout } = await run(command, args, { env });
  return JSON.parse(stdout) as { outcome: string[]; log: string };
}

const no_ipv6 = Object.values(networkInterfaces()).flat().some((one) => one?.address === '::1') ? false : 'there is no ::1';

void t.test('a socket for IPv6 and IPv4', { skip: no_ipv6 }, async (t) => {
  const { outcome, log } = await clients_from(t, ['127.0.0.1', '127.0.0.1', '127.0.0.2', '::1', '::1']);
  t.same(outcome, ['127.0.0.1: served', '127.0.0.1: refused', '127.0.0.2: served', '::1: served', '::1: refused'],
    'each address has its place, of either kind');
  t.match(log, /Accepting a connection from 127\.0\.0\.1\n/, 'an IPv4 address is logged as one');
  t.match(log, /Accepting a connection from 0:0:0:0:0:0:0:1\n/, 'so is one of IPv6');
});

const no_namespace = no_ipv6 || (is_root && installed('ip') && installed('unshare') ? false : 'needs root, ip and unshare');

void t.test('IPv6 clients from one network', { skip: no_namespace }, async (t) => {
  const addresses = ['2001:db8:0:1::1', '2001:db8:0:1:ffff::2', '2001:db8:0:2::1', '2001:db8:0:2::1'];
  const add = [...new Set(addresses)].map((address) => `ip -6 addr add ${address}/128 dev lo nodad`);
  const script = ['ip link set lo up', ...add, 'exec "$@"'].join(' && ');
  const { outcome } = await clients_from(t, addresses, 'unshare', '--net', 'sh', '-c', script, 'sh');
  t.same(outcome, [
    '2001:db8:0:1::1: served', '2001:db8:0:1:ffff::2: refused', '2001:db8:0:2::1: served', '2001:db8:0:2::1: refused',
  ], 'one that differs in the last 64 bits is the same client');
});
