/**
 * `npm run matrix`: the daemon on other versions of Node, on other Linuxes and on another processor: the table of
 * docs/platforms.md.
 *
 * @module
 */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { leave_nothing } from './common/cleanup.ts';
import { command_line } from './common/command.ts';
import { installed, is_root, root } from './common/processes.ts';
import { progress } from './common/terminal.ts';
import { ARM64_COMMANDS, machine, row_of_machine, STARTS } from './matrix-arm64.ts';
import { bootstrap, must, type Named, rows_in, two_at_a_time } from './matrix-run.ts';

const NODES = ['own', '20.19.0', '20', '22.12.0', '22', '23.3.0', '24', '25', '26'];

const HELP = `Usage: npm run matrix -- [NODE ...] [--distro NAME,...] [--arm64] [--cache DIR] [--docs]

Starts the daemon, talks 500 times with 8 clients, sends 5 HUPs and TERM, runs its tests, and prints a row of the table in
docs/platforms.md for each. NODE is a version that npm has, or "own", the one that runs this. Without a word:
${NODES.join(', ')}.

  --distro NAMES  Debian's suites, with their own Node, each in a chroot and a network of its own: trixie,sid; as root
  --arm64         an emulated machine with Debian's arm64 kernels, with pages of 4 and of 16 KB; since it is slow, it runs
                  of the tests those that depend on the processor: an hour; as root
  --cache DIR     where chroots and the machine are kept, to be removed when they are to be made again;
                  ~/.cache/eliza-hup where nothing is said
  --docs          puts each row into docs/platforms.md, in place of the one of that system before
  --help          print this and end
  --version       print the version and end
`;

const { values, words, refuse } = command_line({
  name: 'matrix', help: HELP, words: Infinity,
  options: {
    distro: { type: 'string' }, arm64: { type: 'boolean', default: false }, cache: { type: 'string' },
    docs: { type: 'boolean', default: false },
  },
});
const distros = values.distro?.split(',') ?? [];
const nodes = words.length > 0 || distros.length > 0 || values.arm64 ? words : NODES;
for (const name of nodes) {
  if (!/^(?:own|\d+(?:\.\d+){0,2})$/.test(name)) refuse(`"${name}" is no version of Node; see --help`);
}
for (const name of distros) if (!/^[a-z]+$/.test(name)) refuse(`"${name}" is no suite of Debian's; see --help`);
if ((distros.length > 0 || values.arm64) && !is_root) refuse('--distro and --arm64 need root');
const needed = [...distros.length > 0 || values.arm64 ? ['mmdebstrap'] : [], ...values.arm64 ? ARM64_COMMANDS : []];
for (const command of needed) if (!installed(command)) refuse(`that needs ${command}, which is not installed`);
const cache = values.cache ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'eliza-hup');

const script = join(root, 'tools', 'matrix-row.js');

/** The beginning of a command that has a network of its own, so that runs beside each other do not meet at a port. */
const own_network = is_root && installed('ip') ? ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'] : [];

/** A version that npm has. */
async function on_node(version: string): Promise<Named[]> {
  if (version === 'own') return rows_in('the one that runs this', [...own_network, process.execPath, script]);
  const dir = mkdtempSync(join(tmpdir(), 'node-'));
  chmodSync(dir, 0o755); // an ordinary user runs it, too
  const name = `node-${process.platform}-${process.arch}`;
  await must(`npm's node ${version}`, ['npm', 'install', '--silent', '--no-save', '--prefix', dir, `${name}@${version}`]);
  return rows_in(`npm's ${version}`, [...own_network, join(dir, 'node_modules', name, 'bin', 'node'), script]);
}

/** One of Debian's suites, in a folder that is kept. */
async function on_distro(suite: string): Promise<Named[]> {
  const dir = join(cache, suite);
  if (!existsSync(dir)) {
    mkdirSync(cache, { recursive: true });
    const draft = `${dir}.new`;
    rmSync(draft, { recursive: true, force: true });
    await bootstrap(suite, draft);
    mkdirSync(join(draft, 'eliza-hup'));
    renameSync(draft, dir);
  }
  const enter = [
    'set -e', 'ip link set lo up',
    `mount --bind "${dir}" "${dir}"`, // a root that is a mount point: the tests have mount namespaces of their own
    `mount --bind "${root}" "${dir}/eliza-hup"`, `mount -t proc proc "${dir}/proc"`, `mount --rbind /dev "${dir}/dev"`,
    `mount -t tmpfs -o mode=1777 tmp "${dir}/tmp"`,
    `cd "${dir}"`, 'pivot_root . mnt', 'cd /', 'umount -l /mnt', // no chroot: /proc would show paths from outside
    'env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TMPDIR=/tmp setsid "$@"',
    'exit $?', // not exec: the shell is this system's process 1, and reaps its orphans
  ].join('\n');
  const spaces = ['unshare', '--mount', '--propagation', 'private', '--net', '--pid', '--fork', '--kill-child'];
  return rows_in(`Debian ${suite}`, [...spaces, 'sh', '-c', enter, 'sh', 'node', '/eliza-hup/tools/matrix-row.js']);
}

/** Puts a row into the page. */
function document(name: string, row: string): void {
  const page = join(root, 'docs', 'platforms.md');
  const lines = readFileSync(page, 'utf8').split('\n');
  const before = lines.findIndex((line) => line.startsWith(`| ${name} |`));
  if (before === -1) lines.splice(lines.findLastIndex((line) => line.startsWith('|')) + 1, 0, row);
  else lines[before] = row;
  writeFileSync(page, lines.join('\n'));
}

/** Shows a row, and what failed in it. @returns whether all is well */
function show({ name, row }: Named): boolean {
  const { node, libuv, machine, start, complete, died, hups, term, tests, failed } = row;
  const good = start === 'started' && complete === 500 && died === 0 && hups === 5 && term && failed.length === 0;
  const life = start === 'started'
    ? [`${complete}${died > 0 ? `, ${died} children died` : ''}`, hups, term ? 'ended' : 'stayed']
    : ['-', '-', '-'];
  const passed = failed.length === 0 ? `all ${tests} files` : `${tests - failed.length} of ${tests} files`;
  const date = new Date().toISOString().slice(0, 10);
  progress();
  const cells = `| ${[name, node, libuv, machine, start, ...life, passed, date].join(' | ')} |`;
  console.log(cells);
  if (values.docs) document(name, cells);
  for (const { file, what } of failed) console.error([`  ${file}`, ...what.slice(0, 10)].join('\n    '));
  return good;
}

leave_nothing();
const HEADS = ['system', 'Node', 'libuv', 'machine', 'start', 'of 500 talks', 'of 5 HUPs', 'TERM', 'tests', 'on'];
console.log(`| ${HEADS.join(' | ')} |\n|${' --- |'.repeat(HEADS.length)}`);
let bad = 0;

/** Shows the rows of one system, or says why there are none. */
async function add(rows: () => Promise<Named[]>): Promise<void> {
  try {
    const found = await rows(); // before `bad` is looked at: two may be waiting here
    bad += found.filter((row) => !show(row)).length;
  } catch (error) {
    progress();
    console.error(`matrix: ${error instanceof Error ? error.message : String(error)}`);
    bad++;
  }
}

for (const name of nodes) await add(() => on_node(name));
for (const name of distros) await add(() => on_distro(name));
if (values.arm64) {
  let dir = '';
  await add(async () => {
    dir = await machine(cache);
    return [];
  });
  if (dir !== '') await two_at_a_time(STARTS, (start) => add(() => row_of_machine(dir, start))); // each takes one processor
}
process.exitCode = bad > 0 ? 1 : 0;
