/**
 * What the benches of servers share: a load, idle conversations, memory.
 */
import { spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { memory, root } from '../tools/common/processes.ts';
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
