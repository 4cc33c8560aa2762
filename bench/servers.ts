/**
 * `npm run bench`: all contenders in one run, in turn, several rounds: medians, spread, and first of all ratios, since
 * absolute times say more about the machine than about the program.
 */
import { writeFileSync } from 'node:fs';
import { leave_nothing } from '../tools/common/cleanup.ts';
import { children, is_running, send, until } from '../tools/common/processes.ts';
import { quantile } from '../tools/common/statistics.ts';
import { progress } from '../tools/common/terminal.ts';
import { bars } from './chart.ts';
import { type Contender, contenders, greeted, type Server } from './contenders.ts';
import { account, load, median_memory, open } from './measure.ts';
import { number, options } from './options.ts';

const rounds = number('rounds', options.quick ? 1 : 5, { from: 1, whole: true });
const seconds = number('seconds', options.quick ? 0.3 : 3, { from: 0.1 });
const loads = [1, 8, 16, 32] as const; // the last is more than the backlog of 20 that all have

/** One contender's figures. */
interface Figures {
  /** Conversations a second, by clients: one figure a round. */
  rate: Partial<Record<number, number[]>>;
  /** Of a conversation: processor time in ms and minor faults, the server's and the child's, by clients, a figure a round. */
  time: Partial<Record<number, number[]>>;
  faults: Partial<Record<number, number[]>>;
  /** To the first greeting, in ms: the median at 1 client and the 99th percentile at 8, a figure a round. */
  greeting: number[];
  late: number[];
  complete: number;
  lost: number;
  /** KB of an idle conversation: its own dirty memory, and its share of all with many open. */
  dirty?: number;
  pss?: number;
  /** Milliseconds: from the command to the prompt, and from HUP to a greeting. */
  start: number[];
  hup: number[];
}

/** What idle conversations take. */
async function idle(server: Server, number: number): Promise<{ dirty: number; pss: number }> {
  await until('the earlier children to end', () => children(server.pid()).length === 0);
  const sockets = await open(server.port, number);
  const taken = median_memory(children(server.pid()));
  for (const socket of sockets) socket.destroy();
  await until('the children to end', () => children(server.pid()).length === 0);
  return taken;
}

/** From HUP to the first greeting by the relaunched program. */
async function hang_up(server: Server): Promise<number> {
  const before = server.pid();
  const begin = performance.now();
  send(before, 'SIGHUP');
  await until('the new pid', () => server.pid() > 0 && server.pid() !== before);
  await greeted(server.port);
  return performance.now() - begin;
}

const servers = new Map<Contender, Server>();
leave_nothing();

async function run(): Promise<Map<Contender, Figures>> {
  const results = new Map<Contender, Figures>();
  for (const contender of contenders(options.perl)) {
    if (contender.missing !== false) {
      progress();
      console.log(`# ${contender.name} left out: ${contender.missing}`);
      continue;
    }
    progress(`${contender.name}: start`);
    results.set(contender, {
      rate: {}, time: {}, faults: {}, greeting: [], late: [], complete: 0, lost: 0, start: [], hup: [],
    });
    servers.set(contender, await contender.start());
  }
  for (let round = 1; round <= rounds; round++) {
    for (const clients of loads) {
      for (const [contender, server] of servers) {
        const figures = results.get(contender);
        if (!figures) continue;
        progress(`round ${round} of ${rounds}, ${clients} at once: ${contender.name}`);
        const before = await account(server.pid());
        const seen = await load(server.port, clients, seconds);
        const after = await account(server.pid());
        (figures.rate[clients] ??= []).push(seen.complete / seen.seconds);
        (figures.time[clients] ??= []).push((after.time - before.time) / (seen.complete + seen.lost));
        (figures.faults[clients] ??= []).push((after.faults - before.faults) / (seen.complete + seen.lost));
        figures.complete += seen.complete;
        figures.lost += seen.lost;
        if (clients === 1) figures.greeting.push(quantile(seen.greetings, 0.5));
        if (clients === 8) figures.late.push(quantile(seen.greetings, 0.99));
      }
    }
    progress();
    console.log(`# round ${round} of ${rounds}`);
  }
  for (const [contender, server] of servers) {
    const figures = results.get(contender);
    if (!figures) continue;
    if (!is_running(server.pid())) {
      progress();
      console.log(`# ${contender.name} has ended meanwhile: only what it served until then is measured`);
      continue;
    }
    progress(`idle conversations and HUP: ${contender.name}`);
    const many = options.quick ? 3 : contender.heavy ? 20 : 200;
    if (!contender.name.startsWith('socat')) Object.assign(figures, await idle(server, many));
    if (contender.hup) for (let i = 0; i < rounds; i++) figures.hup.push(await hang_up(server));
    await server.stop();
  }
  for (let round = 1; round <= rounds; round++) {
    for (const [contender, { start }] of results) {
      if (!contender.hup) continue;
      progress(`start ${round} of ${rounds}: ${contender.name}`);
      const server = await contender.start();
      if (server.start !== undefined) start.push(server.start);
      await server.stop();
    }
  }
  progress();
  return results;
}

const results = await run().catch(async (error: unknown) => {
  for (const server of servers.values()) await server.stop();
  throw error;
});
const [ours] = [...results.values()];
const median = (values: readonly number[] | undefined): number => quantile(values ?? [], 0.5);

/** Ours against another, round by round; where more is worse, the other way round. */
function ratio(mine: readonly number[] | undefined, theirs: readonly number[] | undefined, less = false): number {
  return median((mine ?? []).map((value, i) => {
    const other = theirs?.[i] ?? NaN;
    return less ? other / value : value / other;
  }));
}

const show = (value: number | undefined, digits: number): string =>
  (value === undefined || Number.isNaN(value) ? '-' : value.toFixed(digits)).padStart(9);

const heading = `
How many times better eliza_hup.ts is: conversations a second at ${loads.join(', ')} clients; processor time at as many; first
greeting, median at 1 client and 99th percentile at 8; own memory, share of memory; command to prompt, HUP to greeting
`;
console.log(heading);
for (const [{ name }, figures] of results) {
  if (!ours) break;
  const part = [
    ...loads.map((clients) => ratio(ours.rate[clients], figures.rate[clients])),
    ...loads.map((clients) => ratio(ours.time[clients], figures.time[clients], true)),
    ratio(ours.greeting, figures.greeting, true), ratio(ours.late, figures.late, true),
    (figures.dirty ?? NaN) / (ours.dirty ?? NaN), (figures.pss ?? NaN) / (ours.pss ?? NaN),
    ratio(ours.start, figures.start, true), ratio(ours.hup, figures.hup, true),
  ];
  console.log(name.padEnd(36) + part.map((value) => show(value, 2)).join(''));
}

console.log('\nOf a conversation: processor time in ms, then minor faults, by clients; the server and its child together\n');
for (const [{ name }, { time, faults }] of results) {
  const columns = loads.map((clients) => show(median(time[clients]), 2));
  columns.push(...loads.map((clients) => show(median(faults[clients]), 0)));
  console.log(name.padEnd(36) + columns.join(''));
}

console.log('\nThe figures behind them: medians; a second, ms and KB\n');
for (const [{ name }, figures] of results) {
  const rates = loads.map((clients) => median(figures.rate[clients]));
  const rest = [median(figures.greeting), median(figures.late)];
  const kb = [figures.dirty, figures.pss];
  const ms = [median(figures.start), median(figures.hup)];
  const columns = [
    ...rates.map((value) => show(value, 0)), ...rest.map((value) => show(value, 2)),
    ...kb.map((value) => show(value, 0)), ...ms.map((value) => show(value, 0)),
  ];
  console.log(name.padEnd(36) + columns.join(''));
  const spread = loads.map((clients) => {
    const all = figures.rate[clients] ?? [];
    return `${Math.min(...all).toFixed(0)}-${Math.max(...all).toFixed(0)}`.padStart(9);
  });
  console.log(`${''.padEnd(36)}${spread.join('')}   ${figures.complete} complete, ${figures.lost} lost`);
}

if (options.json !== undefined) {
  const data = Array.from(results, ([{ name }, figures]) => ({ name, ...figures }));
  writeFileSync(options.json, `${JSON.stringify({ node: process.version, rounds, seconds, contenders: data }, null, 1)}\n`);
}
if (options.svg !== undefined) {
  const rows = Array.from(results, ([{ name }, { rate }]) => ({ name, values: loads.map((clients) => median(rate[clients])) }));
  writeFileSync(options.svg, bars('Conversations a second', loads.map((clients) => `${clients} at once`), rows));
}
