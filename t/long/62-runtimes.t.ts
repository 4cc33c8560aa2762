/**
 * The programs on interpreters that they do not support, as the npm registry has them: old Nodes, Bun and Deno.
 *
 * A student learns what a pretended version in t/27 cannot show: whether an old interpreter gets as far as the line that
 * tells its user so.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { needed } from '../../perl/version.ts';
import { environment, folder, root, run } from '../harness.ts';

const program = join(root, 'eliza_hup.js');
const eliza = join(root, 'tools', 'eliza.js');

/** Fetches a package. @returns the path of the program in it: of its files the one that is as large as an interpreter */
async function fetched(dir: string, name: string): Promise<string> {
  const words = ['install', '--silent', '--no-audit', '--no-fund', '--prefix', dir, name];
  const { status, stderr } = await run('npm', words, { env: environment() });
  if (status !== 0) throw new Error(`npm ${words.join(' ')}: ${stderr}`);
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' });
  const found = files.find((file) => /\/(?:bin\/node|bin\/bun\.exe|bin\/bun|linux-\w+-glibc\/deno)$/.test(file));
  if (found === undefined) throw new Error(`${name} has no program for this machine`);
  return join(dir, found);
}

for (const version of ['16.20.2', '18.0.0', '18.20.8', '19.8.1', '21.7.3', '22.0.0', '22.2.0']) {
  void t.test(`Node ${version}`, async (t) => {
    const node = await fetched(folder(t), `node@${version}`);
    for (const [file, name] of [[program, 'eliza_hup.js'], [eliza, 'eliza.js']] as const) {
      const { status, stderr } = await run(node, [file], { input: 'bye\n' });
      t.equal(stderr, `${name}: needs ${needed}: this is ${version}\n`,
        `${name}: one line says which it needs`);
      t.equal(status, 255, 'the status is that of die');
    }
  });
}

for (const [name, words] of [['Bun', []], ['Deno', ['run', '-A']]] as const) {
  void t.test(name, async (t) => {
    const command = await fetched(folder(t), name.toLowerCase());
    const { status, stderr } = await run(command, [...words, program, '1200']);
    t.equal(stderr, `eliza_hup.js: can't fork on ${name}: it takes ${needed}\n`, 'the daemon: one line says what it takes');
    t.equal(status, 255, 'the status is that of die');
    for (const file of [eliza, eliza.replace(/js$/, 'ts')]) {
      const talk = await run(command, [...words, file], { input: 'hello\nbye\n' });
      t.match(talk.stdout, /^[^\n]+\nGood to see you\. How have you been\?\n[^\n]+\n$/, 'the bot converses');
      t.same([talk.status, talk.stderr], [0, ''], 'and nothing is amiss');
    }
  });
}
