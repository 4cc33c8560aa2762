/**
 * Limits: how many may talk, how long, in what lines; and what a telnet client sends that is not for ELIZA.
 *
 * A student learns that a server which trusts its clients is a server that one of them can stop.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { IO_Handle, type Layer } from '../perl/IO/Handle.ts';
import { telnet } from '../perl/Net/Telnet.ts';
import {
  children, Client, type Daemon, few_words, folder, freeze, is_running, needs_log, start, type Test, until,
} from './harness.ts';

t.jobs = 2; // some of these wait for the end of a session

void t.test('too many conversations', { skip: needs_log }, async (t) => {
  const { port, logged, pid } = await start(t, { env: { ELIZA_CONVERSATIONS: '3' } });
  const clients = await Promise.all([1, 2, 3].map(() => Client.greeted(port)));
  const fourth = await Client.open(port);
  await fourth.end();
  t.equal(fourth.text, 'Eliza:\tI have too many patients just now, please try again later.\n', 'is told');
  await logged(/Connection refused: 3 conversations are under way$/);
  await clients[0]?.bye();
  await until('the child to be reaped', () => children(pid()).length === 2);
  await (await Client.greeted(port)).bye();
  t.pass('there is room again');
});

void t.test('too many from one address', { skip: needs_log }, async (t) => {
  const { port, logged } = await start(t, { env: { ELIZA_PER_ADDRESS: '2' } });
  await Promise.all([1, 2].map(() => Client.greeted(port)));
  const third = await Client.open(port);
  await third.end();
  t.match(third.text, /try again later\.\n$/, 'the third client is asked to come later');
  await logged(/Connection refused: too many from one address$/);
});

void t.test('silence', { skip: needs_log }, async (t) => {
  const { port, logged } = await start(t, { env: { ELIZA_IDLE: '1' } });
  const client = await Client.greeted(port);
  await client.end();
  t.match(client.text, /\nyou:\tEliza:\tOur time is up, after 1 seconds of silence\.\nEliza:\t[^\n]+\n$/, 'is ended');
  await logged(/Connection ended after 1 seconds of silence$/);
  await logged(/Connection from 127\.0\.0\.1 finished$/);
});

void t.test('a session that goes on and on', { skip: needs_log }, async (t) => {
  const { port, logged } = await start(t, { env: { ELIZA_SESSION: '1' } });
  const client = await Client.greeted(port);
  await until('the end', async () => {
    if (!client.closed) client.send('I am still here.\n');
    await new Promise((resume) => setTimeout(resume, 20));
    return client.closed;
  });
  t.match(client.text, /Eliza:\tOur time is up, after 1 seconds\.\n/, 'the client is told that its time is up');
  await logged(/Connection ended after 1 seconds$/);
});

/** A daemon whose ELIZA has 16 MB to say to a line of 400 words. */
async function long_winded(t: Test, env: Record<string, string>): Promise<Daemon> {
  const dir = folder(t);
  const script = join(dir, 'script.txt');
  writeFileSync(script, few_words('Hello.', `key: say\n  decomp: * say *\n    reasmb: ${'(2) '.repeat(4000)}\n`));
  return start(t, { dir, env: { ELIZA_SCRIPT: script, ...env } });
}

const long_line = `say ${'something '.repeat(400)}\n`;

void t.test('a client that takes its replies in drop by drop', { skip: needs_log }, async (t) => {
  const { port, pid, logged } = await long_winded(t, { ELIZA_SESSION: '3' });
  const socket = connect({ port, host: '127.0.0.1' });
  socket.write(long_line);
  await until('the child', () => children(pid())[0]);
  await until('its end', async () => {
    socket.read(8192); // a paused socket, which takes in little more than this
    await new Promise((resume) => setTimeout(resume, 10));
    return children(pid()).length === 0;
  });
  socket.destroy();
  await logged(/Child \d+ has not ended after 3 seconds: TERM sent$/);
  t.pass('is let go when its session is over');
});

void t.test('a child that was stopped', { skip: needs_log }, async (t) => {
  const { port, pid, logged, log } = await start(t, { env: { ELIZA_SESSION: '2' } });
  const client = await Client.greeted(port);
  const [child = 0] = children(pid());
  await freeze(child);
  const other = await Client.greeted(port);
  await logged(/Connection ended after 2 seconds$/);
  await other.end();
  t.match(other.text, /Our time is up, after 2 seconds\./, 'another session ends as ever');
  await client.end();
  await logged(new RegExp(`Child ${child} ended by signal 9$`));
  const steps = log().flatMap((line) => new RegExp(`Child ${child} .*`).exec(line)?.[0] ?? []);
  t.same(steps, [
    `Child ${child} has not ended after 2 seconds: TERM sent`,
    `Child ${child} has not ended after 2 seconds: KILL sent`,
    `Child ${child} ended by signal 9`,
  ], 'it is told to end, and then killed');
  t.notOk(is_running(child), 'it does not hold its place for ever');
});

/** The bytes that wait in the kernel until the other side of a connection from a port takes them. */
function unread(port: number): number {
  const hex = (number: number): string => number.toString(16).toUpperCase().padStart(4, '0');
  const lines = readFileSync('/proc/net/tcp', 'latin1').split('\n').map((line) => line.trim().split(/ +/));
  const sizes = lines.filter(([, local = '', remote = '']) => local.endsWith(`:${hex(port)}`) && !remote.endsWith(':0000'))
    .map((fields) => parseInt((fields[4] ?? '').split(':')[0] ?? '', 16)); // tx_queue
  return Math.max(0, ...sizes);
}

void t.test('a client that never reads', async (t) => {
  const { port, pid } = await long_winded(t, {});
  const socket = connect({ port, host: '127.0.0.1' }).pause();
  socket.write(long_line);
  const child = await until('the child', () => children(pid())[0]);
  let most = 0;
  await until('the child to wait for it', () => {
    const before = most;
    most = Math.max(most, unread(port));
    return most > 0 && most === before && /^(1|64) 0x1 /.test(readFileSync(`/proc/${child}/syscall`, 'latin1'));
  });
  t.ok(most < 300_000, `what waits for it takes little memory: ${most} bytes of 16 MB`);
  socket.destroy();
  await until('the child to be reaped', () => children(pid()).length === 0);
});

void t.test('lines', async (t) => {
  const { port } = await start(t, { env: { ELIZA_LINE: '20' } });
  const client = await Client.greeted(port);
  t.match(await client.say('x'.repeat(20)), /^Eliza:\t[^\n]+\nyou:\t$/, 'as long as allowed');
  const said = await client.say(`my ${'x'.repeat(100_000)}`);
  t.match(said, /^Eliza:\tThat was long\. I have listened to the first 20 bytes\.\nEliza:\t[^\n]+\nyou:\t$/, 'longer');
  t.notMatch(said, /x{18}/, 'what was too much is gone');
  await client.bye();
});

void t.test('telnet', async (t) => {
  const { port } = await start(t);
  const client = await Client.greeted(port);
  const before = client.text.length;
  client.send('\xff\xfd\x03\xff\xfb\x18\xff\xfa\x18\x00xterm\n\xff\xff\xff\xf0\xff\xf1my f\xff\xfb\x01oot hurts\r\x00');
  await client.prompted(2);
  client.send('memory\n');
  await client.prompted(3);
  t.match(client.text.slice(before), '->my foot hurts\n', 'negotiation is skipped, also inside a word');
  for (const end of ['\n', '\r\n', '\r\x00', '\r']) t.match(await client.say('hello', end), /^Eliza:\t[^\n]+\nyou:\t$/,
    `${JSON.stringify(end)} ends a line`);
  const odd = await client.say('my \x1b[31mred\x07 \x08\x7fcar');
  t.notMatch(odd, /[\x00-\x08\x0b-\x1f\x7f]/, 'control bytes are not said back');
  t.match(await client.say('my ñandú', '\r\n'), /^Eliza:\t/, 'letters are letters');
  await client.bye();
});

void t.test('negotiation cut in two by the network', async (t) => {
  const { port } = await start(t);
  const client = await Client.greeted(port);
  for (const byte of '\xff\xfd\x01\xff\xfa\x1f\x00\x50\x00\x18\xff\xf0my dog\nmemory\n') {
    client.send(byte);
    await new Promise((resume) => setImmediate(resume));
  }
  await client.prompted(3);
  t.match(client.text, '->my dog\n', 'the line is whole, without the negotiation');
  await client.bye();
});

void t.test('a flood of connections does not flood the log', { skip: needs_log }, async (t) => {
  const { port, logged, log } = await start(t, { env: { ELIZA_LOG_RATE: '1' } });
  let connections = 0;
  await until('a line about those without one', async () => {
    const clients = await Promise.all(Array.from({ length: 10 }, () => Client.greeted(port)));
    connections += clients.length;
    for (const client of clients) await client.bye();
    return log().some((line) => line.includes('not logged one by one'));
  });
  await logged(/\d+ connections more, not logged one by one$/);
  const accepting = log().filter((line) => line.includes('Accepting')).length;
  t.ok(accepting < connections, `${accepting} lines of their own for ${connections} connections`);
});

void t.test('a clock that is set does not end a session, nor keep it', (t) => {
  class Probe extends IO_Handle {
    layer: Layer | undefined;
    override binmode(layer: Layer | undefined): void { this.layer = layer; }
  }
  const { now } = Date;
  const handle = new Probe(-1);
  const said: string[] = [];
  telnet(handle, { line: 80, idle: 60, session: 3600 }, (why) => said.push(why));
  for (const jump of [-86_400_000, 86_400_000]) {
    Date.now = () => now() + jump;
    t.equal(handle.layer?.expired(), false, `by ${jump / 3_600_000} hours`);
  }
  Date.now = now;
  t.same(said, [], 'nothing was said of a limit');
  t.end();
});

void t.test('wrong limits are refused', async (t) => {
  for (const value of ['0', '-1', 'many', '1.5']) {
    const { status, stderr } = await start(t, { env: { ELIZA_IDLE: value } });
    t.equal(stderr, `eliza_hup.js: ELIZA_IDLE: "${value}" is not a whole number from 1 on\n`,
      `ELIZA_IDLE=${value}: one line says what it may be`);
    t.equal(status, 2, 'the status is 2');
  }
});
