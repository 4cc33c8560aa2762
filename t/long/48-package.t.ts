/**
 * The package that `npm pack` makes: what is in it, its two programs, and its modules with their types, each used as a
 * stranger would who has nothing but the package.
 *
 * A student learns that what works in its own checkout has not yet been delivered: the checkout has the compiler, the
 * sources and the tests beside it, and a package must do without them.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Client, copy_checkout, environment, folder, needs_log, type Outcome, root, run, send, start } from '../harness.ts';

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

/** npm's settings, without what an npm that runs the tests has put there about itself. */
const kept = Object.entries(environment()).filter(([name]) => !/^(?:npm_(?!config_)|npm_config_local_prefix$)/.test(name));
const dir = folder(t);
const env = {
  ...Object.fromEntries(kept), npm_config_cache: join(dir, 'cache'), npm_config_prefer_offline: 'true', npm_config_yes: 'true',
};

/** Types a command. It rejects where the command fails. */
async function type(command: string, cwd: string): Promise<Outcome> {
  const outcome = await run('sh', ['-c', command], { cwd, env });
  if (outcome.status !== 0) throw new Error(`${command}: ${outcome.stdout}${outcome.stderr}`);
  return outcome;
}

const checkout = join(dir, 'checkout');
const app = join(dir, 'app');
const installed = join(app, 'node_modules', 'eliza-hup');

t.before(async () => {
  // What npm has fetched before is shared; what npx installs from it is not left behind.
  const { stdout } = await run('npm', ['config', 'get', 'cache']);
  const fetched = join(stdout.trim(), '_cacache');
  for (const path of [fetched, join(dir, 'cache'), app]) mkdirSync(path, { recursive: true });
  symlinkSync(fetched, join(dir, 'cache', '_cacache'));
  // A fresh clone: nothing is compiled yet.
  copy_checkout(checkout, /(?<!eslint\.config)\.js$|\.tgz$/);
  await type('npm pack', checkout);
  copyFileSync(join(checkout, `eliza-hup-${version}.tgz`), join(app, `eliza-hup-${version}.tgz`));
  writeFileSync(join(app, 'package.json'), '{ "private": true, "type": "module" }');
  await type('npm install ./eliza-hup-*.tgz', app);
});

/** The names of the modules that Perl programs would use, by which a program imports them. */
function modules(): string[] {
  const files = readdirSync(join(installed, 'perl'), { recursive: true, encoding: 'utf8' });
  const perl = files.filter((name) => name.endsWith('.js')).map((name) => `perl/${name.slice(0, -3)}`);
  return ['Daemon', 'Chatbot/Eliza', ...perl.sort()].map((name) => `eliza-hup/${name}`);
}

void t.test('what is in it', (t) => {
  const files = readdirSync(installed, { recursive: true, encoding: 'utf8' }).filter((name) => /\.\w+$|^[A-Z]+$/.test(name));
  const texts = files.filter((name) => !/\.js$|\.d\.ts$/.test(name)).sort();
  t.same(texts, [
    'CHANGELOG.md', 'Chatbot/doctor.es.txt', 'Chatbot/doctor.txt', 'LICENSE', 'NOTICE', 'README.md', 'SECURITY.md',
    'package.json',
  ], 'beside code and types: the scripts, and what who takes it must know');
  const others = files.filter((name) => /^(?:types\/)?(?:t|bench|docs|deploy|tools)\//.test(name));
  t.same(others.filter((name) => name.endsWith('.js')).sort(), ['tools/common/command.js', 'tools/eliza.js'],
    'no tests, no bench, and of the tools the one that is a program of the package, with what it imports');
  const brought = readdirSync(join(app, 'node_modules')).filter((name) => !name.startsWith('.'));
  t.same(brought, ['@koromix', 'chalk', 'eliza-hup', 'koffi'],
    'with it come koffi and chalk, and nothing else: no compiler either, so nothing can have been built');
  t.notOk(existsSync(join(checkout, 'types')), 'the types are in the package, and not left in the checkout');
  t.end();
});

void t.test('its programs', async (t) => {
  const { stdout } = await type('npx --package ./eliza-hup-*.tgz eliza-hup --version', app);
  t.equal(stdout, `eliza-hup ${version}\n`, 'npx runs it from the file');
  const talk = await run(join(app, 'node_modules', '.bin', 'eliza'), [], { input: 'hello\nbye\n' });
  t.match(talk.stdout, /^[^\n]+\nGood to see you\. How have you been\?\n[^\n]+\n$/, 'eliza converses');

  const daemon = await start(t, { program: join(app, 'node_modules', '.bin', 'eliza-hup') });
  t.equal(daemon.status, 0, 'eliza-hup becomes a daemon');
  t.match(await (await Client.greeted(daemon.port)).bye(), /^Eliza:\t/, 'which talks');
  await t.test('restarted', { skip: needs_log }, async (t) => {
    send(daemon.pid(), 'SIGHUP');
    await daemon.logged(/Server accepting/, 2);
    t.match(await (await Client.greeted(daemon.port)).bye(), /^Eliza:\t/, 'it talks after HUP too');
  });
});

void t.test('its modules can be imported', async (t) => {
  t.ok(modules().includes('eliza-hup/perl/IO/Socket'), 'modules of modules as well');
  const lines = modules().map((name) => `if (Object.keys(await import('${name}')).length === 0) console.log('${name}');`);
  writeFileSync(join(app, 'each.js'), lines.join('\n'));
  const { status, stdout: empty, stderr } = await run(process.execPath, ['each.js'], { cwd: app });
  t.same([status, empty, stderr], [0, '', ''], 'each has something in it');
  writeFileSync(join(app, 'talk.js'), `
    import { Eliza } from 'eliza-hup/Chatbot/Eliza';
    console.log(new Eliza().transform('hello'));
  `);
  const { stdout } = await run(process.execPath, ['talk.js'], { cwd: app });
  t.equal(stdout, 'Good to see you. How have you been?\n', 'and a program of few lines has a bot');
});

void t.test('its modules have types', async (t) => {
  mkdirSync(join(app, 'node_modules', '@types'));
  symlinkSync(join(root, 'node_modules', '@types', 'node'), join(app, 'node_modules', '@types', 'node'));
  const imports = modules().map((name, i) => `import * as _${i} from '${name}';\nexport { _${i} };\n`);
  writeFileSync(join(app, 'uses.ts'), `${imports.join('')}
    import { Eliza } from 'eliza-hup/Chatbot/Eliza';
    import { launch_child } from 'eliza-hup/Daemon';
    import { setsid } from 'eliza-hup/perl/POSIX';

    export const reply: string = new Eliza({ name: 'Brian', memory_on: false }).transform('hello');
    export const child: number | undefined = launch_child((pid) => pid.toFixed());
    export const session: typeof setsid = setsid;
    // @ts-expect-error -- no bot has that
    new Eliza({ nom: 'Brian' });
    // @ts-expect-error -- a callback, not its result
    launch_child(1);
  `);
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const strict = '--strict --noEmit --module nodenext --target es2023 --types node --ignoreConfig'.split(' ');
  const { stdout } = await run(process.execPath, [tsc, ...strict, 'uses.ts'], { cwd: app });
  t.equal(stdout, '', 'a program that uses them compiles, the declarations themselves included');
});
