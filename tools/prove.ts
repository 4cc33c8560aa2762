/**
 * Runs one test file for Perl's prove: `prove --exec 'node tools/prove.js' t/*.t.js`, or `npm run prove`.
 *
 * node-tap speaks TAP version 14, and prove up to 3.44 stops at that line. Of what is new in 14, the tests use indented
 * subtests, which 13 passes over; so saying 13 is enough.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const child = spawn(process.execPath, process.argv.slice(2), {
  env: { ...process.env, TAP_TIMEOUT: '300' }, // seconds; as .taprc has it
  stdio: ['ignore', 'pipe', 'inherit'],
});
createInterface(child.stdout).on('line', (line) => { console.log(line === 'TAP version 14' ? 'TAP version 13' : line); });
child.on('close', (status) => { process.exitCode = status ?? 255; });
