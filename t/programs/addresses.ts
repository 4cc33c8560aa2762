/**
 * What t/28-addresses.t.ts looks at: a daemon that is given a socket for IPv6 and IPv4, and clients from the addresses that
 * are the arguments, one after the other, each of which stays. Whatever they hear, and the log, is printed.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Client, port_of } from '../../tools/common/network.ts';
import { has_ended, root, until } from '../../tools/common/processes.ts';

const server = createServer();
await new Promise<void>((resolve) => server.listen(0, '::', resolve));
const port = port_of(server);
const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
const eliza = [process.execPath, join(root, 'eliza_hup.js'), '--foreground', String(port)];
const daemon = spawn('sh', ['-c', 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', 'sh', ...eliza], {
  stdio: ['ignore', 'ignore', 'pipe', fd],
});
server.close();
let log = '';
daemon.stderr?.on('data', (data) => { log += String(data); });
await until('the daemon', () => log.includes('Server accepting') || has_ended(daemon));
const outcome: string[] = [];
for (const address of process.argv.slice(2)) {
  const client = await Client.open(port, address);
  outcome.push(`${address}: ${await client.greeted_or_closed() ? 'served' : 'refused'}`);
}
daemon.kill('SIGTERM');
await until('its end', () => has_ended(daemon));
process.stdout.write(JSON.stringify({ outcome, log }));
process.exit();
