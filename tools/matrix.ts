/**
 * Runs the daemon's tests on other versions of Node: `npm run matrix`, or `npm run matrix -- 22 26`.
 *
 * The versions come from the npm package `node`, into a temporary folder. The tests start the daemon with the node that
 * runs them.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Cleanup } from './common/cleanup.ts';
import { folder } from './common/daemon.ts';

const versions = process.argv.length > 2 ? process.argv.slice(2) : ['20', '22', '24', '26'];
const tests = readdirSync('t').filter((file) => /^[012]\d.*\.t\.js$/.test(file)).sort();
let failed = 0;

for (const version of versions) {
  const at_end = new Cleanup();
  const dir = folder(at_end); // ordinary users will run it too
  try {
    const npm = spawnSync('npm', ['install', '--silent', '--prefix', dir, `node@${version}`], { stdio: 'inherit' });
    const node = join(dir, 'node_modules', 'node', 'bin', 'node');
    const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
    if (npm.status !== 0 || !stdout) throw new Error(`npm has no node ${version} for this machine`);
    for (const test of tests) {
      const { status, stdout: tap } = spawnSync(node, [join('t', test)], {
        encoding: 'utf8',
        env: { ...process.env, TAP_TIMEOUT: '300' }, // seconds; as .taprc has it
        maxBuffer: 2 ** 28,
      });
      console.log(`${stdout.trim()} ${test}: ${status === 0 ? 'ok' : 'not ok'}`);
      if (status === 0) continue;
      failed++;
      console.log(tap.split('\n').filter((line) => /^\s*not ok/.test(line)).join('\n'));
    }
  } finally {
    await at_end.run();
  }
}
process.exitCode = failed === 0 ? 0 : 1;
