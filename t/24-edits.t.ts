/**
 * An edited program behaves as the Perl would: what a reader puts into `interact` runs once for each client, in that
 * client's child, and an error there ends that child alone.
 *
 * A student learns what a forked child has of its own: its variables, its standard handles, and its death.
 */
import { join } from 'node:path';
import t from 'tap';
import {
  children, Client, copy_program, type Daemon, edit, folder, needs_log, send, start, type Test, until,
} from './harness.ts';

const place = /^( *)const bot = new Eliza/m;

/** Starts a copy of the program with a piece of code in `interact`, before the bot is made. */
async function edited(t: Test, code: string): Promise<Daemon> {
  const dir = folder(t);
  const program = copy_program(join(dir, 'copy'));
  edit(program, place, (line) => `${code}\n${line}`);
  if (code.includes('await ')) {
    edit(program, /^function interact/m, (line) => `async ${line}`);
    edit(program, /^ *interact\(connection\)/m, (line) => line.replace('interact', 'await interact'));
  }
  return start(t, { dir, program });
}

/** What one client hears from its connection to its end. */
async function heard(port: number): Promise<string> {
  const client = await Client.open(port);
  client.send('bye\n');
  await client.end();
  return client.text;
}

void t.test('a counter and prints', { skip: needs_log }, async (t) => {
  const { port, pid, log, logged } = await edited(t,
    'const n = globalThis.visits = (globalThis.visits ?? 0) + 1; console.log("visitor", n); console.error("and aside");');
  t.match(await heard(port), /^visitor 1\nand aside\nEliza:\t/, 'the first client is visitor 1: nobody was there before it');
  t.match(await heard(port), /^visitor 1\nand aside\nEliza:\t/, 'so is the second: each child has its own counter');
  send(pid(), 'SIGHUP');
  await logged(/Server accepting/, 2);
  t.match(await heard(port), /^visitor 1\nand aside\nEliza:\t/, 'and the first after a HUP');
  await logged(/finished$/, 3);
  t.equal(log().filter((line) => line.includes('Accepting a connection')).length, 3, 'three conversations, no more');
});

void t.test('a sleep', { skip: needs_log }, async (t) => {
  const code = 'const { sleep } = await import("./perl/perl.js"); console.log("slept", await sleep(1));';
  const { port, logged } = await edited(t, code);
  t.match(await heard(port), /^slept 1\nEliza:\t/, 'the child sleeps, and talks on');
  await logged(/Connection from 127\.0\.0\.1 finished/);
});

const errors = [
  { name: 'a thrown error', code: 'throw new Error("oops");', logs: /: oops at eliza_hup\.js line \d+\.$/ },
  { name: 'die', code: 'die("oops");', logs: /: oops at eliza_hup\.js line \d+\.?$/ },
  { name: 'undefined.x', code: 'undefined.x;', logs: /: TypeError: .*undefined.* at eliza_hup\.js line \d+\.$/ },
  { name: 'a syntax error that is found late', code: 'eval("(");', logs: /: SyntaxError: .* at eliza_hup\.js line \d+\.$/ },
];
for (const { name, code, logs } of errors) {
  void t.test(name, { skip: needs_log }, async (t) => {
    const { port, pid, logged, log } = await edited(t, code);
    const daemon = pid();
    t.equal(await heard(port), '', 'the client gets the end of file, and nothing else');
    await logged(logs);
    t.equal(await heard(port), '', 'the next client is served in the same way');
    await logged(logs, 2);
    await until('both children to be reaped', () => children(daemon).length === 0);
    t.equal(pid(), daemon, 'the daemon lives on');
    send(daemon, 'SIGHUP');
    await logged(/Server accepting/, 2);
    t.equal(await heard(port), '', 'after a HUP too');
    await logged(logs, 3);
    t.notMatch(log().join('\n'), /finished/, 'no such conversation counts as finished');
  });
}

const hoards = {
  'in buffers': 'Array.from({ length: 64 }, () => Buffer.alloc(2 ** 24, 1));',
  'in arrays': 'Array.from({ length: 128 }, (_, i) => new Array(1e6).fill(i));',
};
for (const [what, code] of Object.entries(hoards)) {
  void t.test(`a gigabyte of memory, ${what}`, { skip: needs_log }, async (t) => {
    const { port, pid, logged, log } = await edited(t, code);
    const daemon = pid();
    t.notMatch(await heard(port), /^Eliza:/m, 'the conversation ends before it has begun');
    await logged(/: (Child \d+ ended by signal \d+|RangeError: .*)$/);
    await until('the child to be reaped', () => children(daemon).length === 0);
    t.equal(pid(), daemon, 'the daemon lives on');
    t.notMatch(log().join('\n'), /finished/, 'no such conversation counts as finished');
  });
}

void t.test('a rejected promise that nobody awaits', { skip: needs_log }, async (t) => {
  const { port, pid, logged } = await edited(t, 'void Promise.reject(new Error("oops"));');
  const daemon = pid();
  t.match(await heard(port), /^Eliza:\t[^]*\n$/, 'the conversation is held');
  await logged(/: oops at eliza_hup\.js line \d+\.$/);
  t.equal(pid(), daemon, 'the daemon lives on');
  send(daemon, 'SIGHUP');
  await logged(/Server accepting/, 2);
  t.match(await heard(port), /^Eliza:\t/, 'and takes the HUP');
});
