/**
 * `npm run bench -- eliza`: the bot beside Chatbot::Eliza, on the same 2,000 utterances in one run.
 */
import { spawnSync } from 'node:child_process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Eliza } from '../Chatbot/Eliza.ts';
import { lcg, no_perl, SCRIPTS, utterances } from '../t/eliza-oracle.ts';

/** How many times a second, the best of ten rounds: the others lost time to the rest of the machine. */
function per_second(times: number, round: () => void): number {
  const rounds = Array.from({ length: 10 }, () => {
    const start = performance.now();
    round();
    return times / (performance.now() - start) * 1000;
  });
  return Math.max(...rounds);
}

const script = no_perl() === false ? SCRIPTS[0] : '';
const lines = utterances(script ?? '', 2000, lcg()).flat().map((line) => line.replace(/[\n%]/g, ' ')); // %: erratum 29

const bot = new Eliza({ scriptfile: script ?? '' });
const ours = {
  transforms: per_second(lines.length, () => { for (const line of lines) bot.transform(line); }),
  constructions: per_second(1000, () => { for (let i = 0; i < 1000; i++) new Eliza(); }),
};

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;
const heap = (): number => {
  gc();
  return process.memoryUsage().heapUsed;
};
const before = heap();
const bots = Array.from({ length: 1000 }, () => {
  const one = new Eliza();
  for (const line of lines.slice(0, 20)) one.transform(line);
  return one;
});
const memory = (heap() - before) / bots.length;

const show = (what: string, mine: number, theirs?: number): void => {
  const figure = (number: number): string => Math.round(number).toLocaleString('en').padStart(9);
  const beside = theirs === undefined ? '' : `   Perl ${figure(theirs)}   ratio ${(mine / theirs).toFixed(1)}`;
  console.log(`${what.padEnd(26)} ${figure(mine)}${beside}`);
};

let theirs: (number | undefined)[] = [];
if (no_perl() === false) {
  const oracle = new URL('eliza-perl.pl', import.meta.url).pathname;
  const input = lines.map((line) => `${Buffer.from(line, 'latin1').toString('hex')}\n`).join('');
  const runs = [0, 1, 2].map(() => spawnSync('perl', [oracle], { input, encoding: 'utf8' }).stdout.split('\n').map(Number));
  theirs = [0, 1].map((figure) => Math.max(...runs.map((run) => run[figure] ?? 0)));
} else {
  console.log(`# ours alone: ${String(no_perl())}`);
}
show('transforms a second', ours.transforms, theirs[0]);
show('constructions a second', ours.constructions, theirs[1]);
show('bytes a bot, after 20 lines', memory);
