/**
 * A daemon makes itself ready for many forks while nobody waits for it: its memory is put in order, and what a conversation
 * takes is compiled. A user sees nothing of it, and where the kernel refuses a part of it the daemon serves as before.
 *
 * A student learns what a fork costs, how to ask the kernel for a favour, and to go on when it says no.
 */
import fs, { readFileSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import t from 'tap';
import { C, libc } from '../perl/libc.ts';
import { enlarge, gather } from '../perl/Linux/Heap.ts';
import type * as Warmup from '../perl/Linux/Warmup.ts';
import {
  at_rest, children, Client, copy_program, descriptors, folder, is_running, needs_log, no_large_pages, start, type Test, until,
} from './harness.ts';

/** Kilobytes of what a process has written that are in large pages. */
function in_large_pages(pid: number): number {
  const entries = readFileSync(`/proc/${pid}/smaps`, 'latin1').split(/^(?=[0-9a-f]+-)/m);
  return entries.filter((entry) => /^\S+ rw-p/.test(entry))
    .reduce((sum, entry) => sum + Number(/^AnonHugePages: *(\d+) kB$/m.exec(entry)?.[1] ?? 0), 0);
}

for (const attached of [false, true]) {
  const name = attached ? 'with --foreground, which leaves it threads' : 'a daemon';
  void t.test(`${name}: its memory comes to lie in large pages`, { skip: no_large_pages() }, async (t) => {
    const { pid, port } = await start(t, attached ? { attached, args: ['--foreground'] } : {});
    await until('the pid file', pid);
    await until('large pages', () => in_large_pages(pid()) >= 4096);
    t.pass('with nobody doing anything');
    const client = await Client.greeted(port);
    const [child = 0] = children(pid());
    t.notMatch(readFileSync(`/proc/${child}/maps`, 'latin1'), /^\S+ .wx/m, 'a child finds no memory where it could write code');
    await client.bye();
  });
}

void t.test('the work comes to an end, and leaves nothing but memory', async (t) => {
  const [ready, plain] = [await start(t), await start(t, { env: { ELIZA_FORK: 'plain' } })];
  const [all, least] = [await at_rest(ready.pid()), await at_rest(plain.pid())];
  t.ok(all - least < 100, 'it is less than a second of processor time');
  const kinds = (pid: number): string[] => (
    descriptors(pid).map((fd) => fd.replace(/^\d+ |\d+|\/tmp.*\//g, '')).sort());
  t.same(kinds(ready.pid()), kinds(plain.pid()), 'no descriptor is left of it');
  t.same(children(ready.pid()), [], 'and no child');
});

void t.test('ELIZA_FORK=plain leaves all of it out', async (t) => {
  const { pid, port } = await start(t, { env: { ELIZA_FORK: 'plain' } });
  await at_rest(pid());
  const words = readFileSync(`/proc/${pid()}/cmdline`, 'latin1').split('\0');
  for (const flag of ['--no-lazy', '--no-flush-bytecode', '--max-semi-space-size=1']) {
    t.notOk(words.includes(flag), `${flag} is not given`);
  }
  t.ok(words.includes('--single-threaded'), 'what fork needs is');
  t.notMatch(readFileSync(`/proc/${pid()}/smaps_rollup`, 'latin1'), /^AnonHugePages: *[1-9]/m, 'none of it in large pages');
  await (await Client.greeted(port)).bye();
});

void t.test('another value of ELIZA_FORK is refused', async (t) => {
  for (const value of ['Plain', '1', '']) {
    const { status, stderr } = await start(t, { env: { ELIZA_FORK: value } });
    t.same([status, stderr], [2, `eliza_hup.js: ELIZA_FORK: "${value}" is not "plain"; see node eliza_hup.js --help\n`],
      `"${value}": one line, and status 2`);
  }
});

void t.test('nothing of the program is run', { skip: needs_log }, async (t) => {
  const dir = folder(t);
  const program = copy_program(join(dir, 'copy'));
  const text = readFileSync(program, 'utf8');
  const edited = text
    .replace(/^function _testquit.*\{$/m, '$&\n  console.log("asked", globalThis.asked = (globalThis.asked ?? 0) + 1);')
    .replace(/^const port = /m, `const { transform } = Eliza.prototype;
Eliza.prototype.transform = function (line) {
  console.log("heard", globalThis.heard = (globalThis.heard ?? 0) + 1);
  return transform.call(this, line);
};
$&`);
  t.equal(edited.match(/console\.log/g)?.length, 2, 'the copy has two prints that the program has not');
  writeFileSync(program, edited);
  const { pid, port } = await start(t, { dir, program });
  await at_rest(pid());
  const client = await Client.greeted(port);
  t.match(await client.say('Hello.'), /^asked 1\nheard 1\nEliza:/,
    'the first client’s child is the first to run its functions, and the methods it has given the bot');
  await client.bye();
});

void t.test('it waits for those who are served', async (t) => {
  const { pid, port } = await start(t);
  const client = await Client.greeted(port);
  await at_rest(pid());
  for (let i = 0; i < 20; i++) await client.say(`I dream of you, ${i}.`);
  await client.bye();
  t.ok(is_running(pid()), 'a conversation that began before it, and the daemon, go on');
});

/** Replaces one of node:fs's functions until a test ends. Node 26 reads modules by it, too, whose paths are URLs. */
function pretend(t: Test, answer: (path: string) => string | undefined): void {
  const { readFileSync: real } = fs;
  fs.readFileSync = ((path: string | URL, ...rest: [BufferEncoding]) => (
    answer(String(path)) ?? real(path, ...rest))) as typeof real;
  syncBuiltinESMExports();
  t.teardown(() => {
    fs.readFileSync = real;
    syncBuiltinESMExports();
  });
}

/** Replaces one of the C library's functions until a test ends. */
function replace<Name extends 'madvise' | 'mmap'>(t: Test, name: Name, by: ReturnType<typeof libc>[Name]): void {
  const real = libc()[name];
  libc()[name] = by;
  t.teardown(() => { libc()[name] = real; });
}

/** What nobody may use and has four gigabytes or more, as the kernel shows it. */
const fences = (): string[] => readFileSync('/proc/self/maps', 'latin1').split('\n').filter((line) => {
  const [, from = '', to = ''] = /^(\w+)-(\w+) ---p/.exec(line) ?? [];
  return Number.parseInt(to, 16) - Number.parseInt(from, 16) >= 2 ** 32;
});
const no_proc = (path: string): undefined => {
  if (path.startsWith('/proc/')) throw new Error(`ENOENT: ${path}`);
};

void t.test('gather: what is mapped meanwhile lies together, and then all is as it was', (t) => {
  const { mmap, munmap } = libc();
  /** Gathers, and maps three pieces that ask for a place far below. @returns where they come to lie */
  const gathered = (): number[] => {
    const before = fences();
    const release = gather();
    t.ok(fences().length > before.length, 'most of the address space is taken');
    const places = [1, 2, 3].map(() => mmap(0x10_0000_0000, 2 ** 18, C.PROT_NONE, C.MAP_PRIVATE | C.MAP_ANONYMOUS, -1, 0));
    for (const place of places) munmap(place, 2 ** 18);
    release();
    t.same(fences(), before, 'and it is given back');
    return places;
  };
  // Here V8 has threads, as in no daemon: one may map something just where a fence was to be, and there is none.
  const tries = Array.from({ length: 5 }, gathered);
  t.ok(tries.some((places) => Math.min(...places) > 2 ** 40), 'the three pieces come to lie with the libraries');
  t.end();
});

void t.test('gather: a kernel that knows no MAP_FIXED_NOREPLACE', (t) => {
  const { mmap } = libc();
  const elsewhere: number[] = [];
  replace(t, 'mmap', (_at, length, access, flags, fd, offset) => {
    if (length > 2 ** 40) return -1; // there is no room for two of them
    const place = mmap(0, length, access, flags & ~C.MAP_FIXED_NOREPLACE, fd, offset);
    elsewhere.push(place);
    return place;
  });
  const before = fences();
  const release = gather();
  t.ok(elsewhere.length > 0, 'what it asks for is given at other places');
  t.same(fences(), before, 'and given back at once');
  release();
  t.end();
});

void t.test('gather: a process whose address space is limited', (t) => {
  replace(t, 'mmap', () => -1);
  gather()();
  t.pass('goes on');
  t.end();
});

void t.test('gather: a process in which no library can be made out', (t) => {
  const smaps = '00400000-00500000 r-xp 00000000 00:00 0 /bin/node\nRss: 4 kB\n';
  pretend(t, (path) => path === '/proc/self/smaps' ? smaps : undefined);
  replace(t, 'mmap', () => { throw new Error('nothing should be mapped'); });
  gather()();
  t.pass('is left as it is');
  t.end();
});

/** What a file of the kernel's about large pages says, where a test does not say otherwise. */
function thp_file(path: string, answers: Record<string, string>): string | undefined {
  const files = Object.entries({ enabled: 'always [madvise] never\n', hpage_pmd_size: '2097152\n', ...answers });
  return files.find(([file]) => path.endsWith(`transparent_hugepage/${file}`))?.[1];
}

const refusals: { name: string; answers: Record<string, string> }[] = [
  { name: 'where large pages are switched off', answers: { enabled: 'always madvise [never]\n' } },
  { name: 'where a large page has another size, as with pages of 16 KB', answers: { hpage_pmd_size: '33554432\n' } },
];
for (const { name, answers } of refusals) {
  void t.test(`enlarge: ${name}`, (t) => {
    pretend(t, (path) => thp_file(path, answers));
    replace(t, 'madvise', () => { throw new Error('nothing should be asked for'); });
    enlarge();
    t.pass('the kernel is not asked for any');
    t.end();
  });
}

void t.test('enlarge: a kernel before 6.1, one without free memory, a limit', (t) => {
  pretend(t, (path) => thp_file(path, {}));
  const asked: number[] = [];
  replace(t, 'madvise', (_at, _length, advice) => {
    asked.push(advice);
    return -1;
  });
  enlarge();
  t.ok(asked.length > 0 && asked.every((advice) => advice === C.MADV_COLLAPSE), 'it is asked, and says no');
  t.end();
});

for (const step of [gather, enlarge]) {
  void t.test(`${step.name}: without /proc`, (t) => {
    pretend(t, no_proc);
    t.throws(step, { message: /ENOENT/ }, 'it says so');
    t.end();
  });
}

void t.test('the warm-up', async (t) => {
  /** A clock that a test sets. */
  const clock = (t: Test): { now: number } => {
    const real = performance.now;
    const time = { now: 0 };
    performance.now = () => time.now;
    t.teardown(() => { performance.now = real; });
    return time;
  };
  /** A new copy of the module, which has not begun. */
  let copies = 0;
  const fresh = (): Promise<typeof Warmup> => (
    import(new URL(`../perl/Linux/Warmup.js?${++copies}`, import.meta.url).href) as Promise<typeof Warmup>);

  await t.test('goes on until all is done, though every step is refused', async (t) => {
    pretend(t, no_proc);
    const { warm_up } = await fresh();
    let times = 0;
    const rehearse = (): void => {
      times++;
      throw new Error('refused');
    };
    await until('its end', () => warm_up(rehearse, () => false) === undefined);
    t.equal(times, 50, 'each rehearsal has been tried');
    t.equal(warm_up(rehearse, () => false), undefined, 'and it stays over');
    t.equal(times, 50, 'without another one');
    t.notOk('gc' in globalThis, 'the garbage collector’s function is not left to the program');
  });

  await t.test('lets those go first who are served, and looks for a quiet moment', async (t) => {
    pretend(t, no_proc);
    const time = clock(t);
    const { warm_up } = await fresh();
    let [at_work, times] = [true, 0];
    const rehearse = (): void => { times++; };
    t.equal(warm_up(rehearse, () => at_work), 10, 'it asks to be called again soon');
    time.now = 999;
    t.equal(warm_up(rehearse, () => at_work), 10, 'and again');
    time.now = 1001;
    t.equal(warm_up(rehearse, () => at_work), 1000, 'when a second has gone by, once a second');
    t.equal(times, 0, 'no rehearsal has been held until then');
    [time.now, at_work] = [3_600_000, false];
    t.equal(warm_up(rehearse, () => at_work), undefined, 'in a quiet moment, however late, it does its work');
    t.equal(times, 50, 'all of it');
  });

  await t.test('stops in the middle for whoever comes', async (t) => {
    const time = clock(t);
    const { warm_up } = await fresh();
    let times = 0;
    const rehearse = (): void => {
      times++;
      time.now += 1;
    };
    t.equal(warm_up(rehearse, () => false), 0, 'it wants to go on');
    t.ok(times <= 2, 'after two milliseconds somebody may be waiting');
  });
});
