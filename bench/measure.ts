/**
 * What the benches of servers share: a load, idle conversations, memory.
 */
import { spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { children, memory, root, stat, until } from '../tools/common/processes.ts';
import { quantile } from '../tools/common/statistics.ts';
import type { Seen } from './load.ts';

/** Lets clients, in a process of their own, talk for some seconds. */
export function load(port: number, clients: number, seconds: number): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const args = [join(root, 'bench', 'load.js'), port, clients, seconds].map(String);
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.setEncoding('latin1').on('data', (data: string) => { said += data; });
    child.once('error', reject).once('close', () => { resolve(JSON.parse(said) as Seen); });
  });
}

/** Opens conversations that say nothing. */
export async function open(port: number, number: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < number) {
    const socket = connect(port, '127.0.0.1');
    await new Promise<void>((resolve, reject) => {
      socket.once('data', () => { resolve(); }).once('error', reject);
    });
    sockets.push(socket);
  }
  return sockets;
}

/** The medians of what /proc says of processes' memory, in KB. */
export function median_memory(pids: readonly number[]): { dirty: number; pss: number } {
  const median = (field: 'Pss' | 'Private_Dirty'): number => quantile(pids.map((pid) => memory(pid, field)), 0.5);
  return { dirty: median('Private_Dirty'), pss: median('Pss') };
}

/** What a server has used, by the kernel's account: its own and that of all the children that it has waited for. */
export interface Account {
  /** Processor time in ms, in steps of 10. */
  time: number;
  /** Minor faults: pages copied, filled, or found in memory. */
  faults: number;
}

/**
 * Reads a server's account when no child is under way.
 *
 * @param pid the server's
 * @returns what it has used since its start
 */
export async function account(pid: number): Promise<Account> {
  await until('the children to end', () => children(pid).length === 0);
  const [minflt = 0, cminflt = 0, ...times] = stat(pid, 10, 11, 14, 15, 16, 17);
  return { time: 10 * times.reduce((sum, ticks) => sum + ticks, 0), faults: minflt + cminflt };
}
