/**
 * Faults: no descriptor left, clients that vanish at any moment, a child without memory, signals in storms. The daemon
 * goes on serving, or ends when it was told to; never anything in between.
 *
 * A student learns that what can fail does fail, how to make it fail on purpose, and what to look at afterwards.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import {
  as_nobody, children, Client, type Daemon, descriptors, few_words, folder, installed, is_running, needs_log, needs_root,
  one_user, run, send, start, ticks, until,
} from './harness.ts';

const needs_prlimit = installed('prlimit') ? false : 'prlimit is not installed';

/** Sets a limit of a process, from outside. */
async function prlimit(pid: number, limit: string): Promise<void> {
  const [command, ...args] = [...as_nobody, 'prlimit', '--pid', String(pid), limit];
  const { status, stderr } = await run(command, args);
  if (status !== 0) throw new Error(stderr);
}

/** A socket, connected. */
function open(port: number, settings = {}): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', ...settings });
    socket.once('error', reject).once('connect', () => {
      resolve(socket.off('error', reject).on('error', () => undefined));
    });
  });
}

/** All that comes until the server closes. */
async function heard(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('latin1').on('data', (data) => { text += String(data); });
  await new Promise((resolve) => socket.once('close', resolve));
  return text;
}

void t.test('no descriptor left for a client', { skip: needs_log || needs_prlimit }, async (t) => {
  const { port, pid, logged } = await start(t, { user: 'nobody' });
  const daemon = pid();
  const before = descriptors(daemon).length;
  const taken = descriptors(daemon).map((line) => parseInt(line));
  const free = taken.findIndex((_, fd) => !taken.includes(fd));
  await prlimit(daemon, `--nofile=${free === -1 ? taken.length : free}:`);
  const client = await Client.open(port);
  await logged(/Can't accept a connection: Too many open files; trying again/);
  t.equal(client.text, '', 'the client waits');
  await prlimit(daemon, '--nofile=1024:');
  await client.prompted(1);
  await client.bye();
  t.pass('and is greeted when there is one again');
  await until('the child to be reaped', () => children(daemon).length === 0);
  t.equal(descriptors(daemon).length, before, 'the daemon has as many descriptors as before');
});

void t.test('a client that vanishes, after each byte of what it has to say', { skip: needs_log }, async (t) => {
  const { port, pid, logged, log } = await start(t, { env: { ELIZA_LOG_RATE: '1000000' } });
  const daemon = pid();
  await (await Client.greeted(port)).bye();
  await logged(/finished/);
  await until('the child to be reaped', () => children(daemon).length === 0);
  const before = descriptors(daemon).length;
  const words = 'My head hurts.\r\nbye\r\n';
  let clients = 1;
  for (let bytes = 0; bytes <= words.length; bytes++) {
    for (const leave of ['destroy', 'resetAndDestroy'] as const) {
      const socket = await open(port);
      clients++;
      await new Promise((resolve) => socket.write(words.slice(0, bytes), resolve));
      socket[leave]();
    }
  }
  await logged(/finished/, clients);
  await until('the last child to be reaped', () => children(daemon).length === 0);
  t.notMatch(log().join('\n'), /ended by signal| line \d+/, 'no child died of it');
  t.equal(log().filter((line) => line.includes('finished')).length, clients, 'each conversation has its "finished"');
  t.equal(descriptors(daemon).length, before, 'and none has left a descriptor');
  t.equal(pid(), daemon, 'the daemon is still the same');
});

void t.test('a client that goes while a hundred replies are due', { skip: needs_log }, async (t) => {
  const { port, logged, log } = await start(t);
  for (let n = 1; n <= 5; n++) {
    const socket = await open(port);
    await new Promise((resolve) => socket.write('my dog\nmemory\n'.repeat(50), resolve));
    await new Promise((resolve) => socket.once('data', resolve));
    socket.resetAndDestroy();
    await logged(/Connection from 127\.0\.0\.1 finished$/, n);
  }
  t.notMatch(log().join('\n'), /ended by signal/, 'no SIGPIPE');
});

void t.test('a client that has said all it has to say still listens', async (t) => {
  const { port } = await start(t);
  for (const [words, form] of [
    ['', /^Eliza:\t[^\n]+\nyou:\tEliza:\t[^\n]+\n$/],
    ['I need some help.\n', /^(Eliza:\t[^\n]+\nyou:\t){2}Eliza:\t[^\n]+\n$/],
    ['I need some hel', /^(Eliza:\t[^\n]+\nyou:\t){2}Eliza:\t[^\n]+\n$/],
  ] as const) {
    const socket = await open(port, { allowHalfOpen: true });
    socket.end(words);
    t.match(await heard(socket), form, `${JSON.stringify(words)} is answered`);
  }
});

void t.test('a client that pastes more than ELIZA will hear', async (t) => {
  const { port } = await start(t);
  const socket = await open(port);
  let error: Error | undefined;
  socket.on('error', (why) => { error = why; });
  socket.write(`${'my dog\n'.repeat(500)}bye\n${'my cat\n'.repeat(50_000)}`);
  const replies = (await heard(socket)).split('\nyou:\t').slice(1);
  t.match(replies.at(-1), /^Eliza:\t[^\n]+\n$/, 'the farewell is the last that it hears');
  t.equal(replies.length, 501, 'every line up to the quit word is answered');
  t.equal(error, undefined, 'and the connection is closed, not reset');
});

void t.test('a client that does not close', { skip: needs_log }, async (t) => {
  const { port, pid, logged } = await start(t);
  for (const rest of ['', 'and so on\n'.repeat(10)]) {
    const socket = await open(port, { allowHalfOpen: true });
    const ended = new Promise((resolve) => socket.once('end', resolve).resume());
    socket.write('bye\n');
    await ended;
    socket.write(rest);
    await until('its child to be reaped', () => children(pid()).length === 0);
    t.pass(`${rest ? 'and talks on' : 'and says no more'}: it is not waited for`);
    socket.destroy();
  }
  await logged(/Connection from 127\.0\.0\.1 finished/, 2);
});

void t.test('a stopped child keeps its client waiting, and nobody else', async (t) => {
  const { port, pid } = await start(t);
  const client = await Client.greeted(port);
  const [child = 0] = children(pid());
  send(child, 'SIGSTOP');
  client.send('Are you there?\n');
  for (let i = 0; i < 5; i++) await (await Client.greeted(port)).bye();
  t.notMatch(client.text, /you:\t[^]*you:\t/, 'the client of the stopped child waits for an answer');
  send(child, 'SIGCONT');
  await client.prompted(2);
  await client.bye();
});

void t.test('a child without memory', { skip: needs_log || needs_prlimit }, async (t) => {
  const dir = folder(t);
  const script = join(dir, 'script.txt');
  writeFileSync(script, few_words('Hello.', `key: say\n  decomp: * say *\n    reasmb: ${'(2) '.repeat(4000)}\n`));
  const { port, pid, logged } = await start(t, { dir, user: 'nobody', env: { ELIZA_SCRIPT: script } });
  const client = await Client.greeted(port);
  const other = await Client.greeted(port);
  const [child = 0] = children(pid());
  await prlimit(child, '--as=1:1'); // whatever it asks for from now on
  client.send(`say ${'something '.repeat(400)}\n`); // and the reply has 16 MB
  await client.end();
  await logged(new RegExp(`Child ${child} ended by signal \\d+$`));
  t.match(await other.say('say it'), /^Eliza:\t it it /, 'its neighbour talks on');
  await other.bye();
  await (await Client.greeted(port)).bye();
  t.pass('the daemon lives on');
});

void t.test('a line that is never answered', { skip: needs_log || needs_prlimit }, async (t) => {
  const dir = folder(t);
  const script = join(dir, 'script.txt');
  writeFileSync(script, `${few_words()}quit: (?:a+)+z\n`); // a pattern that tries each way to part a word of As
  const { port, pid, logged } = await start(t, { dir, user: 'nobody', env: { ELIZA_SCRIPT: script } });
  const client = await Client.greeted(port);
  const [child = 0] = children(pid());
  await prlimit(child, '--cpu=1:2'); // a second of its minute is left
  client.send(`${'a'.repeat(60)}\n`);
  await (await Client.greeted(port)).bye();
  t.pass('another client is served meanwhile');
  await client.end();
  t.match(client.text, /you:\t$/, 'the client gets the end of file');
  await logged(new RegExp(`Child ${child} ended by signal 24: it has used up its processor time$`));
  t.pass('and the log says why');
});

/** Sends a signal again and again, to the process with the pid, until told to stop. Other work is done in between. */
function storm(pid: () => number, signal: NodeJS.Signals): () => void {
  const timer = setInterval(() => {
    for (const target of Array.from({ length: 50 }, pid)) if (target > 0) send(target, signal);
  }, 1);
  return () => { clearInterval(timer); };
}

void t.test('signals just before a fork: nobody spins', { skip: needs_root }, async (t) => {
  // Plain: what makes it ready for forks is work, too, but none that spins.
  const { port, pid } = await start(t, { env: { ELIZA_FORK: 'plain' } });
  const daemon = pid();
  const calm = storm(pid, 'SIGCHLD');
  const clients = await Promise.all(Array.from({ length: 20 }, () => Client.greeted(port)));
  calm();
  const silent = [daemon, ...children(daemon)];
  const talker = await Client.greeted(port);
  await until('all to wait for something', () => silent.every((pid) => state(pid).startsWith('S')));
  for (const child of silent.slice(1)) {
    t.match(readFileSync(`/proc/${child}/syscall`, 'latin1'), /^(0|63) 0x0 /, 'a child waits for its client, in read(2)');
  }
  const before = silent.map(ticks);
  for (const started = process.cpuUsage().user; process.cpuUsage().user < started + 300_000;) await talker.say('Go on.');
  // While this process alone has computed for 30 ticks, a process that spins would have, too.
  silent.forEach((pid, i) => {
    t.ok(ticks(pid) - (before[i] ?? 0) <= 5, pid === daemon ? 'the daemon rests' : 'so does a child');
  });
  await Promise.all([talker, ...clients].map((client) => client.bye()));
});

function state(pid: number): string {
  return readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '');
}

/** Connects until a whole conversation has been held: after a storm of relaunches the greeting of one may be cut. */
async function served({ port }: Daemon): Promise<void> {
  await until('a whole conversation', async () => {
    const client = await Client.open(port);
    await client.greeted_or_closed();
    client.send('bye\n');
    await client.end();
    return /^Eliza:\t[^\n]+\nyou:\tEliza:\t[^\n]+\n$/.test(client.text);
  });
}

for (const { name, settings } of one_user) {
  void t.test(`storms, ${name}`, { skip: needs_log }, async (t) => {
    await t.test('20 HUPs at once', async (t) => {
      const daemon = await start(t, settings);
      const first = daemon.pid();
      for (let i = 0; i < 20; i++) send(first, 'SIGHUP');
      await daemon.logged(/Server accepting/, 2);
      await served(daemon);
      t.ok(is_running(daemon.pid()), 'it serves');
    });

    await t.test('HUPs all the time, while it relaunches and while it starts', async (t) => {
      const daemon = await start(t, settings);
      const calm = storm(daemon.pid, 'SIGHUP');
      await daemon.logged(/Server accepting/, 6);
      calm();
      await served(daemon);
      t.ok(is_running(daemon.pid()), 'it serves');
    });

    await t.test('HUP and TERM at once', async (t) => {
      for (const signals of [['SIGHUP', 'SIGTERM'], ['SIGTERM', 'SIGHUP'], ['SIGHUP', 'SIGHUP', 'SIGINT']] as const) {
        const { port, pid, pidfile } = await start(t, settings);
        const daemon = pid();
        const clients = await Promise.all([1, 2, 3].map(() => Client.greeted(port)));
        for (const signal of signals) send(daemon, signal);
        await Promise.all(clients.map((client) => client.end()));
        await until('its end', () => !is_running(daemon));
        t.notOk(existsSync(pidfile), `${signals.join(', ')}: it has ended, and no other has come`);
        await t.rejects(Client.open(port), { code: 'ECONNREFUSED' }, 'nobody listens');
      }
    });

    await t.test('HUP amid a storm of CHLD', async (t) => {
      const daemon = await start(t, settings);
      const calm = storm(daemon.pid, 'SIGCHLD');
      send(daemon.pid(), 'SIGHUP');
      await daemon.logged(/Server accepting/, 2);
      await served(daemon);
      calm();
      t.ok(is_running(daemon.pid()), 'it serves');
    });
  });
}
