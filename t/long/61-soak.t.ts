/**
 * The soak, with as many clients as it has by default, and with every option that docs/reliability.md shows: nobody is lost,
 * nothing is left over. How long anybody waits is a figure in its table and decides nothing. And it finds what is broken.
 *
 * A student learns that a promise under load is a count: of those who came, of those who were served, and of what remains;
 * and that a check is itself to be checked, by breaking what it watches.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { copy_checkout, folder, needs_log, root, run } from '../harness.ts';

const page = readFileSync(join(root, 'docs', 'reliability.md'), 'utf8');
const shown = /^npm run soak -- (.*)$/m.exec(page)?.[1] ?? '';
const few = shown.replaceAll(/(?<=--(?:conversations|clients|idle|hostile|log|restart|still|slow|flood) )\d+/g, '8')
  .replace('--restart 8 --still 8', '--restart 1 --still 1');

const deadline = 20 * 60_000; // how long it takes is no matter, but it has to end

for (const options of ['', few]) {
  void t.test(`npm run soak ${options}`, async (t) => {
    const words = options.split(' ').filter(Boolean);
    const { status, stderr } = await run(process.execPath, [join(root, 'bench', 'soak.js'), ...words], { deadline });
    t.match(stderr, /^ +kept /m, 'it names promises that were kept');
    t.same(stderr.match(/^ +BROKEN .*$/gm), null, 'and none that was broken');
    t.equal(status, 0, 'the status is 0');
  });
}

/** A product that is broken, and which of the soak's promises must be: what is replaced in which file, by what. */
const breaks = [
  {
    what: 'a log in which each fiftieth line is missing', file: 'perl/Log/Dispatch.js',
    from: /^ {4}log\(line\) \{$/m, to: '$&\nif ((globalThis.nth = (globalThis.nth ?? 0) + 1) % 50 === 0) return;',
    options: '--flood 100', needs: needs_log, promise: 'each client is in the log, or counted there',
  },
  {
    what: 'a child in fifty that is killed', file: 'perl/Net/Server.js',
    from: /^ {8}return super\.set\(child, callback\);$/m,
    to: "if ((globalThis.nth = (globalThis.nth ?? 0) + 1) % 50 === 0) kill('KILL', child);\n$&",
    options: '--conversations 120 --hup 0 --kill 0', promise: 'every conversation is complete, or we have ended it',
  },
  {
    what: 'a door that is shut during a relaunch', file: 'perl/IO/Socket.js',
    from: /^ {8}hand_over\(this\.#fds\);$/m, to: 'for (const fd of this.#fds) libc().close(fd);',
    options: '--conversations 500 --hup 1 --kill 0', promise: 'no connect is refused',
  },
  {
    what: 'a pid file that is left behind', file: 'perl/Proc/PID/File.js',
    from: /^ {4}static unlink\(path\) \{$/m, to: '$&\nreturn;',
    options: '--idle 2', promise: 'TERM ends the daemon, and its pid file is gone',
  },
];
const nothing = '--conversations 0 --idle 0 --hostile 0 --log 0 --slow 0 --flood 0 --clients 8 --crowd 4';

for (const { what, file, from, to, options, promise, needs = false } of breaks) {
  void t.test(`it finds ${what}`, { skip: needs }, async (t) => {
    const copy = join(folder(t), 'copy');
    copy_checkout(copy);
    const text = readFileSync(join(copy, file), 'utf8');
    writeFileSync(join(copy, file), text.replace(from, to));
    t.match(text, from, `${file} has what the copy has otherwise`);
    const words = `${nothing} ${options}`.split(' ');
    const { status, stderr } = await run(process.execPath, [join(copy, 'bench', 'soak.js'), ...words], { deadline });
    t.match(stderr, new RegExp(`^  BROKEN  ${promise}$`, 'm'), `it names it: ${promise}`);
    t.equal(status, 1, 'the status is 1');
  });
}

void t.test('the options are those of docs/reliability.md', (t) => {
  t.match(few, /--conversations 8 .*--idle 8 --hostile 8 --log 8 .*--slow 8 --flood 8$/,
    'the page shows a command, and here it has fewer clients');
  t.end();
});
