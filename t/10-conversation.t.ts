/**
 * The conversation, as the course page shows it.
 *
 * A student learns what a line-based protocol looks like from outside, and that a server which forks can talk to many.
 */
import { spawn } from 'node:child_process';
import t from 'tap';
import { Client, environment, installed, run, start, until, users } from './harness.ts';

for (const { name, settings } of users) {
  void t.test(name, async (t) => {
    const { port, status } = await start(t, settings);
    t.equal(status, 0, 'the command returns, the daemon stays');

    await t.test('a greeting, a reply, a farewell, the end', async (t) => {
      const client = await Client.greeted(port);
      t.match(client.text, /^Eliza:\t[^\n]+\nyou:\t$/, 'a greeting and a prompt');
      t.match(await client.say('I am unhappy.'), /^Eliza:\t[^\n]+\nyou:\t$/, 'an answer and a prompt');
      const before = client.text.length;
      t.match((await client.bye()).slice(before), /^Eliza:\t[^\n]+\n$/, 'a farewell and the end');
    });

    await t.test('the sentences of the course page are among those said', async (t) => {
      const heard = new Set<string>();
      for (let i = 0; i < 400 && !(heard.has(greeting) && heard.has(farewell)); i++) {
        const lines = (await (await Client.greeted(port)).bye()).split('\n');
        for (const line of lines) heard.add(line.replace(/^you:\t/, ''));
      }
      t.ok(heard.has(greeting), `somebody is greeted with ${JSON.stringify(greeting)}`);
      t.ok(heard.has(farewell), `somebody is dismissed with ${JSON.stringify(farewell)}`);
    });

    await t.test('eight at once', async (t) => {
      const clients = await Promise.all(Array.from({ length: 8 }, () => Client.greeted(port)));
      for (const client of clients) t.match(await client.say('My mother hates me.'), /^Eliza:\t[^\n]+\nyou:\t$/,
        'each is answered');
      for (const client of clients) t.match(await client.bye(), /\nyou:\tEliza:\t[^\n]+\n$/, 'and each hears a farewell');
    });

    await t.test('CR LF ends a line as LF does', async (t) => {
      const client = await Client.greeted(port);
      t.match(await client.say('hello', '\r\n'), /^Eliza:\t[^\r\n]+\nyou:\t$/, 'an answer, without a CR');
      client.send('bye\r\n');
      await client.end();
      t.match(client.text, /\nyou:\tEliza:\t[^\r\n]+\n$/, 'a quit word counts with a CR behind it');
    });

    await t.test('lines sent ahead are answered in turn, a last one without its newline too', without('nc'), async (t) => {
      const client = await run('nc', ['127.0.0.1', String(port)], { input: 'one\ntwo\nbye\n' });
      t.match(client.stdout, /^(Eliza:\t[^\n]+\nyou:\t){3}Eliza:\t[^\n]+\n$/, 'a greeting, two answers, a farewell');
      const ended = await run('nc', ['-N', '127.0.0.1', String(port)], { input: 'one\nbye' });
      t.match(ended.stdout, /^(Eliza:\t[^\n]+\nyou:\t){2}Eliza:\t[^\n]+\n$/, 'bye without a newline counts');
    });

    await t.test('the end of input is answered by a farewell', without('nc'), async (t) => {
      const client = await run('nc', ['-N', '127.0.0.1', String(port)], { input: 'one\n' });
      t.match(client.stdout, /^(Eliza:\t[^\n]+\nyou:\t){2}Eliza:\t[^\n]+\n$/, 'a greeting, an answer, a farewell');
    });

    await t.test('telnet', without('telnet'), async (t) => {
      const telnet = spawn('telnet', ['127.0.0.1', String(port)], { env: environment(), stdio: 'pipe' });
      let said = '';
      telnet.stdout.on('data', (data) => { said += String(data); });
      telnet.stderr.on('data', (data) => { said += String(data); });
      t.teardown(() => { telnet.kill('SIGKILL'); });
      await until('the prompt', () => said.includes('you:\t'));
      telnet.stdin.write('bye\n');
      await until('telnet to end', () => telnet.exitCode !== null);
      t.match(said, /^Trying 127\.0\.0\.1\.\.\.\nConnected to .*\nEscape character is '\^\]'\.\nEliza:\t/, 'telnet connects');
      t.match(said, /\nyou:\tEliza:\t.*\nConnection closed by foreign host\.\n$/, 'and says that the server has closed');
    });
  });
}

/** The options of a test that needs a command. */
function without(command: string): { skip: string | false } {
  return { skip: installed(command) ? false : `${command} is not installed` };
}

const greeting = "Eliza:\tPlease tell me what's been bothering you.";
const farewell = 'Eliza:\tI think you should talk to a REAL analyst.  Ciao!';
