/**
 * `npm run bench -- growth`: how the daemon's cost grows with the conversations open, the script's size, and its own size.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cleanup, leave_nothing } from '../tools/common/cleanup.ts';
import { folder } from '../tools/common/daemon.ts';
import { children, root, status, until } from '../tools/common/processes.ts';
import { quantile } from '../tools/common/statistics.ts';
import { progress } from '../tools/common/terminal.ts';
import { type Curve, curves } from './chart.ts';
import { type Contender, contenders } from './contenders.ts';
import { load, median_memory, open } from './measure.ts';
import { options } from './options.ts';

const seconds = options.quick ? 0.2 : 2;
const both = contenders().slice(0, 2).filter(({ missing }) => missing === false);

/** With so many conversations open and silent: how many others are held a second, and the memory of each open one. */
async function with_open(contender: Contender, numbers: readonly number[]): Promise<[number, number, number][]> {
  const server = await contender.start();
  const points: [number, number, number][] = [];
  for (const number of numbers) {
    progress(`${contender.name}: ${number} open`);
    await until('the earlier children to end', () => children(server.pid()).length === 0);
    const sockets = await open(server.port, number);
    const { pss } = median_memory(children(server.pid()).slice(0, 50));
    const { complete, seconds: time } = await load(server.port, 1, seconds);
    points.push([number, complete / time, pss]);
    for (const socket of sockets) socket.destroy();
  }
  await until('the children to end', () => children(server.pid()).length === 0);
  await server.stop();
  return points;
}

/** A script so many times as long as doctor.txt: the same rules under other keywords. */
function longer(times: number, dir: string): string {
  const doctor = readFileSync(join(root, 'Chatbot', 'doctor.txt'), 'latin1');
  const keys = doctor.slice(doctor.indexOf('key:'));
  const more = Array.from({ length: times - 1 }, (_, i) => keys.replace(/^key: (\S+)/gm, `key: $1x${i}`));
  const file = join(dir, `doctor-${times}.txt`);
  writeFileSync(file, [doctor, ...more].join('\n'), 'latin1');
  return file;
}

/** What fork, exit and wait take a process with so many MB more, in microseconds. */
function forks(command: string, file: string, megabytes: readonly number[]): [number, number][] {
  const { stdout } = spawnSync(command, [join(root, 'bench', file), ...megabytes.map(String)], { encoding: 'latin1' });
  return stdout.trim().split('\n').map((time, i) => [megabytes[i] ?? 0, Number(time)]);
}

const numbers = options.quick ? [1, 3] : [1, 10, 100, 1000];
const sizes = options.quick ? [1] : [1, 10, 100];
leave_nothing();
const at_end = new Cleanup();
const dir = folder(at_end);
const [rate, share, script]: [Curve[], Curve[], Curve[]] = [[], [], []];

for (const contender of both) {
  const { name } = contender;
  const points = await with_open(contender, numbers);
  rate.push({ name, points: points.map(([open, rate]) => [open, rate]) });
  share.push({ name, points: points.map(([open, , pss]) => [open, pss]) });
  progress();
  for (const [open, rate, pss] of points) console.log(`${name}: ${open} open, ${rate.toFixed(0)} a second, ${pss} KB each`);

  const by_size: [number, number][] = [];
  for (const times of sizes) {
    progress(`${name}: a script of ${times} times the size`);
    const server = await contender.start(longer(times, dir));
    const seen = await load(server.port, 1, seconds);
    const [rss] = status(server.pid(), 'RssAnon').split(' ');
    const greeting = quantile(seen.greetings, 0.5);
    by_size.push([times, seen.complete / seen.seconds]);
    progress();
    console.log(`${name}: script of ${times} times the size, ${(seen.complete / seen.seconds).toFixed(0)} a second, `
      + `greeting after ${greeting.toFixed(2)} ms, parent of ${rss ?? '?'} KB`);
    await server.stop();
  }
  script.push({ name, points: by_size });
}
await at_end.run();

const ballast = options.quick ? [1] : [1, 10, 30, 100, 300];
progress('fork');
const fork: Curve[] = [
  { name: 'Node, by perl/fork.ts', points: forks(process.execPath, 'fork.js', ballast) },
  { name: 'Perl', points: forks('perl', 'fork.pl', ballast) },
];
progress();
for (const { name, points } of fork) {
  for (const [size, time] of points) console.log(`${name}: ${size} MB more, a fork takes ${time.toFixed(0)} microseconds`);
}

if (options.docs !== undefined) {
  const chart = (file: string, title: string, across: string, lines: Curve[]): void => {
    writeFileSync(join(options.docs ?? '', file), curves(title, across, lines));
  };
  chart('growth-open.svg', 'Conversations a second beside silent ones', 'conversations open', rate);
  chart('growth-memory.svg', 'KB of memory a conversation, its share of what is shared', 'conversations open', share);
  chart('growth-fork.svg', 'Microseconds for fork, exit and wait', 'MB of ballast', fork);
  chart('growth-script.svg', 'Conversations a second by the size of the script', 'times the doctor', script);
}
