/**
 * The confined child: what a conversation could do if somebody took it over. Nothing.
 *
 * A student learns what each wall is for: the chroot hides files, the uid takes power away, limits bound what is used,
 * and the filter ends a process at the first call that a talking child does not need.
 */
import { join } from 'node:path';
import t from 'tap';
import { as_nobody, folder, needs_root, root, run, start, users } from './harness.ts';

const program = join(root, 't', 'programs', 'confined.js');

/** What the taken-over child tries, each in a child of its own, and how that ends. */
const attempts = [
  'open a file', 'make a socket', 'connect', 'fork', 'exec', 'kill the parent', 'kill its like', 'ptrace', 'chroot twice',
  'setuid 0', 'mount', 'write a file it did not open',
];

for (const { name, settings } of users) {
  void t.test(name, async (t) => {
    const [command, ...args] = [...settings.user ? as_nobody : [], process.execPath, program];
    const { stdout, stderr } = await run(command, args, { cwd: folder(t) });
    t.equal(stderr, '', 'nothing on STDERR');
    const { outcome, free } = JSON.parse(stdout) as { outcome: Record<string, string>; free: string };
    t.equal(free, 'exit 0', 'a child that only talks goes on');
    for (const attempt of attempts) t.equal(outcome[attempt], 'signal 31', `${attempt}: killed by SIGSYS`);
  });
}

void t.test('limits on a confined child', async (t) => {
  const { stdout } = await run(process.execPath, [program, '2'], { cwd: folder(t) });
  const limits = JSON.parse(stdout) as Record<string, string>;
  t.same(limits, {
    'Max cpu time': '60 60',
    'Max file size': '0 0',
    'Max core file size': '0 0',
    'Max processes': '0 0',
    'Max open files': '64 64',
  }, 'it may compute for a minute, write no file, start nothing, open little');
});

void t.test('a home that somebody else could change is refused', { skip: needs_root }, async (t) => {
  for (const [what, command, why] of [
    ['others can write in', 'chmod 777', 'must not be writable by others'],
    ['is somebody else’s', 'chown 65534', "must be root's"],
  ] as const) {
    const home = folder(t);
    await run('sh', ['-c', `${command} ${home}`]);
    const { status, stderr } = await start(t, { env: { ELIZA_HOME: home } });
    t.match(stderr, `eliza_hup.js: ELIZA_HOME: ${home} ${why}\n`, `one that ${what}: the line says so`);
    t.equal(status, 2, 'the status is 2');
  }
});
