/**
 * Telnet: what its clients ask for, how they edit a line, and what they send on Ctrl-C; byte for byte, and as it is seen.
 *
 * A student learns that a telnet connection has a second conversation inside it, between the two programs, and that a
 * question nobody answers can leave a client deaf.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import t from 'tap';
import { Client, type Daemon, environment, few_words, folder, installed, run, start, type Test, until } from './harness.ts';

const code = (...bytes: number[]): string => String.fromCharCode(...bytes);
const [EOF, SUSP, ABORT, SE, NOP, DM, BRK, IP, AO, AYT, EC, EL, GA, SB] = [
  236, 237, 238, 240, 241, 242, 243, 244, 245, 246, 247, 248, 249, 250,
].map((byte) => code(255, byte));
const [WILL, WONT, DO, DONT] = [251, 252, 253, 254];
const negotiate = (verb: number, option: number): string => code(255, verb, option);
const do_timing_mark = negotiate(DO, 6);
const will_timing_mark = negotiate(WILL, 6);

/** A daemon whose ELIZA says back what follows the word `say`. */
function echo(t: Test): Promise<Daemon> {
  const dir = folder(t);
  const script = join(dir, 'script.txt');
  writeFileSync(script, few_words('Hello.', 'key: say\n  decomp: * say *\n    reasmb: You say (2)\n'));
  return start(t, { dir, env: { ELIZA_SCRIPT: script } });
}

/** Sends bytes to a new client's ELIZA, and then a line. @returns what comes before the answer to that line */
async function answer(port: number, bytes: string): Promise<string> {
  const client = await Client.greeted(port);
  const before = client.text.length;
  client.send(`${bytes}memory\n`);
  await until('the answer to the last line', () => client.text.endsWith('item(s) in memory stack:\nyou:\t'));
  client.destroy();
  return client.text.slice(before).replace(/\t\d item\(s\) in memory stack:\nyou:\t$/, '');
}

void t.test('negotiation', async (t) => {
  const { port } = await echo(t);
  const all = Array.from({ length: 255 }, (_, option) => option);
  const others = all.filter((option) => option !== 6);
  const every = (verb: number, options: number[]): string => options.map((option) => negotiate(verb, option)).join('');
  t.equal(await answer(port, every(DO, others)), every(WONT, others), 'what a client asks for is refused, each option');
  t.equal(await answer(port, every(WILL, all)), every(DONT, all), 'what it offers too');
  t.equal(await answer(port, every(DONT, all) + every(WONT, all)), '', 'what it does not want needs no answer: it is off');
  t.equal(await answer(port, do_timing_mark.repeat(3)), will_timing_mark.repeat(3), 'a timing mark is made, each time');
  const list = `${SB ?? ''}\x18\x00xterm\n\xff\xff`;
  t.equal(await answer(port, `${list}${SE ?? ''}${do_timing_mark}`), will_timing_mark, 'a list is passed over');
  t.equal(await answer(port, list + do_timing_mark), will_timing_mark, 'another command ends one that has no end');
  t.equal(await answer(port, `${NOP ?? ''}${DM ?? ''}${GA ?? ''}${SE ?? ''}`), '', 'what says nothing gets no answer');
});

void t.test('a timing mark stands where it was asked for', async (t) => {
  const { port } = await echo(t);
  t.equal(await answer(port, `say one\nsay two\n${do_timing_mark}say three\n`),
    `Eliza:\tYou say one\nyou:\tEliza:\tYou say two\nyou:\t${will_timing_mark}Eliza:\tYou say three\nyou:\t`,
    'after the replies to what came before it');
});

void t.test('two programs do not answer each other for ever', async (t) => {
  const { port } = await echo(t);
  const first = await answer(port, (negotiate(DO, 1) + negotiate(WILL, 24)).repeat(10_000));
  t.equal(first.length, 60_000, 'as many answers as questions');
  t.equal(await answer(port, first), '', 'to those answers there is none');
});

void t.test('a line is edited', async (t) => {
  const { port } = await echo(t);
  for (const [name, typed] of [
    ['backspace', 'say doq\bg'],
    ['DEL', 'say dogs\x7f'],
    ['EC', `say dox${EC ?? ''}g`],
    ['more backspaces than characters', 'x\b\b\b\bsay dog'],
    ['^U', 'I say cat\x15say dog'],
    ['EL', `I say cat${EL ?? ''}say dog`],
    ['a backspace after a letter of two bytes', 'say dog\xc3\xa9\b'],
    ['a backspace after one of four', 'say dog\xf0\x9f\x90\x95\b'],
    ['a backspace after a letter of Latin-1', 'say dog\xe9\b'],
  ] as const) {
    t.equal(await answer(port, `${typed}\r\n`), 'Eliza:\tYou say dog\nyou:\t',
      `${name}: ELIZA hears the line as it is meant`);
  }
});

void t.test('a backspace after more than a line may have', async (t) => {
  const { port } = await start(t, { env: { ELIZA_LINE: '6' } });
  const client = await Client.greeted(port);
  t.match(await client.say(`my dog${'s'.repeat(5)}${'\b'.repeat(5)}`), /^Eliza:\t[^\n]+\nyou:\t$/,
    'it is as long as allowed again');
  t.match(await client.say('memory'), '->my dog\n', 'and has lost nothing');
  await client.bye();
});

void t.test('an interrupt throws the line away, and shows the prompt again', async (t) => {
  const { port } = await echo(t);
  for (const [name, bytes] of [['IP', IP], ['BRK', BRK], ['ABORT', ABORT], ['^C', '\x03']] as const) {
    t.equal(await answer(port, `say never${bytes ?? ''}say this\n`), '\nyou:\tEliza:\tYou say this\nyou:\t', name);
    t.equal(await answer(port, `say never${bytes ?? ''}${do_timing_mark}say this\n`),
      `${will_timing_mark}\nyou:\tEliza:\tYou say this\nyou:\t`, `${name} with a timing mark: the prompt comes after the mark`);
  }
  for (const [name, bytes] of [['AO', AO], ['SUSP', SUSP]] as const) {
    t.equal(await answer(port, `say ${bytes ?? ''}this\n`), '\nyou:\tEliza:\tYou say this\nyou:\t',
      `${name} leaves the line as it is`);
  }
  const client = await Client.greeted(port);
  client.send(IP ?? '');
  await client.prompted(2);
  client.send(do_timing_mark);
  await client.prompted(3);
  t.match(client.text, `\nyou:\t\nyou:\t${will_timing_mark}\nyou:\t`, 'a mark that comes later: the prompt comes again');
  client.destroy();
});

void t.test('are you there', async (t) => {
  const { port } = await echo(t);
  t.equal(await answer(port, `say ${AYT ?? ''}this\n`), '\nEliza:\tI am here.\nyou:\tEliza:\tYou say this\nyou:\t',
    'it is, and says so');
});

void t.test('the end of input', async (t) => {
  const { port } = await echo(t);
  for (const [name, bytes] of [['^D', '\x04'], ['EOF', EOF ?? '']] as const) {
    const client = await Client.greeted(port);
    const before = client.text.length;
    client.send(bytes);
    await client.end();
    t.equal(client.text.slice(before), 'Eliza:\tGone.\n', `${name} on an empty line ends the conversation`);
    t.equal(await answer(port, `say ${bytes}this\n`), 'Eliza:\tYou say this\nyou:\t', `within a line ${name} is nothing`);
  }
});

void t.test('the byte 255', async (t) => {
  const { port } = await echo(t);
  t.equal(await answer(port, 'say a\xff\xffb\n'), 'Eliza:\tYou say a\xff\xffb\nyou:\t',
    'it is doubled both ways: alone it would be a command');
});

const needs_perl = installed('perl') ? false : 'perl, which sends an urgent byte, is not installed';
void t.test('the byte after a Synch is not swallowed', { skip: needs_perl }, async (t) => {
  const { port } = await echo(t);
  const lines = [
    'use IO::Socket::INET; $| = 1; my $sock = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ARGV[0]") or die $!;',
    'my $all = ""; sub heard { while ((() = $all =~ /you:\\t/g) < $_[0]) { sysread($sock, $all, 4096, length $all) or last } }',
    'heard(1); send $sock, "say never\\xff\\xf4\\xff\\xf2", MSG_OOB; send $sock, "say this\\n", 0;',
    'heard(3); send $sock, "bye\\n", 0; heard(9); print $all;',
  ];
  const { stdout, stderr } = await run('perl', ['-e', lines.join(' '), String(port)]);
  t.equal(stderr, '', 'nothing on STDERR');
  t.match(stdout, /^Eliza:\tHello\.\nyou:\t\nyou:\tEliza:\tYou say this\nyou:\tEliza:\tGone\.\n$/,
    'the urgent DM stands in its place, and the line behind it is whole');
});

/** Telnet clients to look at: Debian has two. */
const clients = ['telnet', 'telnet-ssl'].filter(installed);
const cannot_look = installed('tmux') ? false : 'tmux, the terminal that is looked at, is not installed';

/** A telnet client in a terminal. */
class Terminal {
  readonly #socket: string;

  constructor(t: Test, command: string, port: number) {
    this.#socket = join(folder(t), 'tmux');
    this.#tmux('-f', '/dev/null', 'new-session', '-d', '-x', '80', '-y', '24', `${command} 127.0.0.1 ${port}; echo over; cat`);
    t.teardown(() => { this.#tmux('kill-server'); });
  }

  #tmux(...args: string[]): string {
    const env = environment({ TERM: 'xterm', SHELL: '/bin/bash' }); // nobody has none, and Ctrl-\\ ends sh
    return spawnSync('tmux', ['-S', this.#socket, ...args], { env, encoding: 'utf8' }).stdout;
  }

  /** What stands on the screen, without the blanks at the end of a line. */
  screen(): string {
    return this.#tmux('capture-pane', '-p').trimEnd();
  }

  /** Types, and waits for what is to be seen then, at the end of the screen. */
  async type(keys: string[], then: RegExp): Promise<void> {
    this.#tmux('send-keys', ...keys);
    await this.shows(then);
  }

  async shows(what: RegExp): Promise<void> {
    await until(`${String(what)} on the screen`, () => what.test(this.screen()))
      .catch((error: unknown) => { throw new Error(`${String(error)}; it has:\n${this.screen()}`); });
  }
}

for (const command of clients) {
  void t.test(`as ${command} shows it`, { skip: cannot_look }, async (t) => {
    const { port } = await echo(t);
    const terminal = new Terminal(t, command, port);
    await terminal.shows(/Eliza: +Hello\.\nyou:$/);
    await terminal.type(['say never'], /\nyou: +say never$/);
    await terminal.type(['C-c'], /\nyou: +say never\^C\nyou:$/);
    t.pass('Ctrl-C: the prompt comes again');
    await terminal.type(['say this', 'Enter'], /\nyou: +say this\nEliza: +You say this\nyou:$/);
    t.pass('what is typed then is answered, and the answer shown');
    await terminal.type(['C-z'], /\nyou: +\^Z\nyou:$/);
    t.pass('Ctrl-Z: the prompt comes again');
    await terminal.type(['C-\\'], /\nyou: +\^\\\nyou:$/);
    t.pass('Ctrl-\\ too');
    await terminal.type(['say that', 'BSpace', 'BSpace', 'is', 'Enter'], /\nEliza: +You say this\nyou:$/);
    t.pass('a line is edited in the terminal');
    for (const command of ['synch', 'ip', 'brk', 'ao', 'ayt', 'nop']) {
      await terminal.type(['C-]'], /telnet\S*> *$/);
      await terminal.type([`send ${command}`, 'Enter', 'say it', 'Enter'], /Eliza: +You say it\nyou:$/);
      t.pass(`send ${command}: the line behind it is answered`);
      await terminal.type(['say so', 'Enter'], /Eliza: +You say so\nyou:$/);
    }
    await terminal.type(['C-d'], /Eliza: +Gone\.\nConnection closed by foreign host\.\nover$/);
    t.pass('Ctrl-D ends the conversation');
  });
}
