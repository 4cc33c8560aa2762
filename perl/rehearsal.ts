/**
 * rehearsal: conversations with nobody, before the first clients come, or between them.
 *
 * JavaScript is compiled when it first runs. What only a child runs, each child would compile anew, for itself alone:
 * more work than its whole conversation. So some of accept's first connections are a player's. fork says "you are the child",
 * and the parent itself plays a child's life from its first line to its exit, on a stage where the C library stands in
 * cardboard: each call succeeds and does nothing. What was compiled and learned meanwhile, every child inherits.
 *
 * Nothing of it is heard or seen outside. A module that remembers something registers here how to bring it back.
 *
 * @module
 */
import { libc, type Libc } from './libc.ts';

const ACTS = 8; // V8 settles what it expects of a function's objects after a few calls

const keepers: (() => () => void)[] = [];
let lines: readonly string[] = [];
let acts = 0;
let curtain: (() => void) | undefined;

/**
 * Registers what a rehearsal must leave as it was.
 *
 * @param save notes it, and returns what brings it back
 */
export function remember(save: () => () => void): void {
  keepers.push(save);
}

/**
 * Gives the player his part; without one there is no rehearsal.
 *
 * @param part the lines he says, the last of which ends the conversation. None of them may make the program die
 */
export function play(part: readonly string[]): void {
  lines = part;
  acts = ACTS;
}

/** Ends the act that is on, if any. */
export function end_act(): void {
  curtain?.();
  curtain = undefined;
}

/**
 * Begins the next act.
 *
 * @returns whether there is one: then the next connection is the player's
 */
export function next_act(): boolean {
  if (acts === 0) return false;
  acts--;
  const undo = [...keepers.map((save) => save()), set_stage()];
  curtain = () => {
    for (const bring_back of undo) bring_back();
  };
  return true;
}

/** Stops the rehearsal for good: whoever has something to say of what went wrong needs the real C library. */
export function break_off(): void {
  end_act();
  acts = 0;
}

/** Puts cardboard in the place of the C library. The table stays the same object: V8 knows what it looks like. */
function set_stage(): () => void {
  const table = libc();
  const real = { ...table };
  const part = lines.values();
  const cardboard: Partial<Libc> = {
    read: (_, into) => into.write(part.next().value ?? '', 'latin1'),
    write: (_fd, _bytes, size) => size,
    getpeername: table.getpeername, // to ask does no harm
  };
  for (const name of Object.keys(table)) Object.assign(table, { [name]: () => 0 });
  Object.assign(table, cardboard);
  return () => { Object.assign(table, real); };
}
