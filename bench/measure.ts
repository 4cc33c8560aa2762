/**
 * What the benches of servers share: a load, idle conversations, memory.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { root } from '../t/harness.ts';
import type { Seen } from './load.ts';

/** The value below which a part of them lies. */
export function quantile(values: readonly number[], part: number): number {
  return [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? NaN;
}

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
export function memory(pids: readonly number[]): { dirty: number; pss: number } {
  const of = (field: string): number => quantile(pids.map((pid) => {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
    return Number(new RegExp(`^${field}:\\s*(\\d+)`, 'm').exec(text)?.[1] ?? NaN);
  }), 0.5);
  return { dirty: of('Private_Dirty'), pss: of('Pss') };
}
