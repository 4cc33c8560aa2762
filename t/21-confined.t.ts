/**
 * The confined child: what a conversation could do if somebody took it over. Nothing.
 *
 * A student learns what each wall is for: the chroot hides files, the uid takes power away, limits bound what is used,
 * and the filter ends a process at the first call that a talking child does not need.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type Call, compile, type Machine, number_of } from '../perl/Linux/Seccomp.ts';
import { rules } from '../perl/OpenBSD/Pledge.ts';
import { allowed, answer, architectures, type Arguments, forbidden, free } from './calls.ts';
import { as_nobody, folder, needs_root, root, run, start, users } from './harness.ts';

const program = join(root, 't', 'programs', 'confined.js');

/** How children ended, by what they tried. */
type Outcome = Record<string, string>;

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
    const { outcome, may, events } = JSON.parse(stdout) as { outcome: Outcome; may: Outcome; events: string };
    for (const [name, end] of Object.entries(may)) t.equal(end, 'exit 0', `a child may ${name}`);
    t.equal(events, 'exit 0', 'at the numbers of libuv’s event descriptors it finds one of its own');
    for (const attempt of attempts) t.equal(outcome[attempt], 'signal 31', `${attempt}: killed by SIGSYS`);
  });
}

void t.test('every system call that there is, and every argument', async (t) => {
  const [command, ...args] = [...as_nobody, process.execPath, program, '3'];
  const { stdout } = await run(command, args, { cwd: folder(t) });
  const outcome = JSON.parse(stdout) as Outcome;
  t.ok(Object.keys(outcome).length > 700, 'many were tried, each in a child of its own');
  if (process.arch === 'x64') {
    // uretprobe and uprobe: newer kernels let them pass every filter, since it is the kernel that has put them there. They
    // do nothing for anybody else.
    for (const number of [335, 336]) {
      t.match(outcome[number], /^(signal (4|31)|exit 1)$/, `${number}, of a debugger of the kernel’s: killed or refused`);
      outcome[number] = 'signal 31';
    }
  }
  t.same(Object.entries(outcome).filter(([, end]) => end !== 'signal 31'), [], 'and each was killed by SIGSYS');
});

for (const machine of ['x64', 'arm64'] as const) {
  void t.test(`the filter, worked out for ${machine}`, (t) => {
    const [ALLOW, KILL] = [0x7fff0000, 0x80000000];
    const { own, others } = architectures[machine];
    const program = compile(rules(17), 'kill', machine);
    const asked = (number: number, given?: Arguments, arch = own): number => answer(program, arch, number, given);
    const given = Object.entries(allowed) as [Call, Arguments[]][];
    const ours = [...free, 'sendto' as const, ...given.map(([call]) => call)].map((call) => number_of(call, machine));
    const patterns: Arguments[] = [[], [1, 1, 1, 1, 1, 1], [-1, -1, -1, -1, -1, -1], [17, 0, 0, 0x4000]];

    const passed = Array.from({ length: 1024 }, (_, number) => number)
      .filter((number) => !ours.includes(number) && patterns.some((pattern) => asked(number, pattern) !== KILL));
    t.same(passed, [], 'what it does not name is killed');
    const x32 = ours.filter((number) => patterns.some((pattern) => asked(number + 0x40000000, pattern) !== KILL));
    t.same(x32, [], 'so is every call with the mark of x32');
    const foreign = others.flatMap((arch) => ours.filter((number) => asked(number, [], arch) !== KILL));
    t.same(foreign, [], 'and every call of another architecture');
    for (const call of free) t.equal(asked(number_of(call, machine), patterns[2]), ALLOW, `${call} is allowed`);
    for (const [call, variants] of given) {
      t.ok(variants.every((one) => asked(number_of(call, machine), one) === ALLOW), `${call} as it is needed is allowed`);
    }
    for (const [call, variants] of Object.entries(forbidden) as [Call, Arguments[]][]) {
      t.ok(variants.every((one) => asked(number_of(call, machine), one) === KILL), `${call} otherwise is killed`);
    }
    const log = number_of('sendto', machine);
    t.equal(asked(log, [17, 4096, 5, 0x4040, 0, 0]), ALLOW, 'a line may be sent to the daemon');
    for (const [what, one] of [
      ['another descriptor', [0, 4096, 5, 0x4040, 0, 0]], ['an address', [17, 4096, 5, 0x4040, 4096, 16]],
      ['an address far away', [17, 4096, 5, 0x4040, 1n << 32n, 16]], ['another flag', [17, 4096, 5, 0x4000, 0, 0]],
    ] as const) t.equal(asked(log, one), KILL, `sendto with ${what} is killed`);
    t.end();
  });
}

const headers: Record<Machine, string> = {
  x64: '/usr/include/x86_64-linux-gnu/asm/unistd_64.h',
  arm64: '/usr/include/asm-generic/unistd.h',
};
for (const [machine, header] of Object.entries(headers) as [Machine, string][]) {
  const skip = existsSync(header) ? false : 'the kernel’s headers are not installed (Debian: linux-libc-dev)';
  void t.test(`the numbers of ${machine}’s system calls are the kernel’s`, { skip }, (t) => {
    const numbers = readFileSync(header, 'utf8').matchAll(/^#define __NR(?:3264)?_(\w+)\s+(\d+)$/gm);
    const known = new Map([...numbers].map(([, name = '', number]) => [name, Number(number)]));
    const names = [...rules(17).map(({ call }) => call), 'io_uring_setup', 'close_range'] as const;
    for (const name of names) t.equal(number_of(name, machine), known.get(name), name);
    t.end();
  });
}

void t.test('limits on a confined child', async (t) => {
  const { stdout } = await run(process.execPath, [program, '2'], { cwd: folder(t) });
  const { 'Max data size': data = '', ...limits } = JSON.parse(stdout) as Record<string, string>;
  t.same(limits, {
    'Max cpu time': '60 61',
    'Max file size': '0 0',
    'Max core file size': '0 0',
    'Max processes': '0 0',
    'Max open files': '64 64',
  }, 'it may compute for a minute, write no file, start nothing, open little');
  t.match(data, /^(\d+) \1$/, 'and its memory has a limit');
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
