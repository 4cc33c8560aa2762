/**
 * Makes a process ready for many forks, in moments in which nobody waits for it. What it leaves is in memory alone: to its
 * users the process is the same before and after, and each part of the work may be left out.
 *
 * First V8's heap is put together ({@link gather}, and a collection of garbage that moves everything). Then a few
 * conversations are rehearsed, so that what our own modules take to hold one is compiled and has been looked up where a child
 * inherits it. In the end the memory is put into large pages ({@link enlarge}).
 *
 * @module
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { look_again } from '../OpenBSD/Pledge.ts';
import { ROUNDS } from '../rehearsal.ts';
import { enlarge, gather } from './Heap.ts';

const AT_FIRST = 1000; // milliseconds, from the first call, in which a moment when nobody is served is looked for eagerly
const AT_ONCE = 2; // milliseconds between two looks at who waits; putting memory in order takes 20 to 40, in one go

/** Whether the environment wants memory as the kernel and V8 have it, and nothing rehearsed. */
export const plain = process.env.ELIZA_FORK === 'plain';

/** What is rehearsed, step by step. Each step is tried on its own; one that cannot be done changes nothing. */
function* steps(rehearse: () => void): Generator<undefined, void> {
  attempt(put_together);
  attempt(look_again);
  yield;
  for (let round = 0; round < ROUNDS; round++) {
    attempt(rehearse);
    yield;
  }
  attempt(enlarge);
  attempt(look_again);
}

function attempt(step: () => void): void {
  try {
    step();
  } catch {
    // no /proc, or another kernel: slower, and otherwise the same
  }
}

/** Has V8 move its heap to where the pieces of it lie beside each other. */
function put_together(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void; // in a context of its own the program does not see it
  setFlagsFromString('--no-expose-gc');
  setFlagsFromString('--compact-on-every-full-gc');
  const release = gather();
  try {
    collect();
  } finally {
    release();
    setFlagsFromString('--no-compact-on-every-full-gc');
  }
}

let work: Generator<undefined, void> | undefined;
let eager = 0;
let done = plain;

/**
 * To be called while nobody waits for this process, again and again: does a little of the work.
 *
 * @param rehearse a conversation of our own, which leaves no trace
 * @param busy whether a child is at work, and would lack the processor
 * @returns after how many milliseconds it should be called again, if nothing comes before; undefined when all is done
 */
export function warm_up(rehearse: () => void, busy: () => boolean): number | undefined {
  if (done) return undefined;
  const start = performance.now();
  if (!work) {
    work = steps(rehearse);
    eager = start + AT_FIRST;
  }
  if (busy()) return start < eager ? 10 : 1000;
  while (!done && performance.now() < start + AT_ONCE) done = work.next().done === true;
  return done ? undefined : 0;
}
