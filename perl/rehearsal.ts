/**
 * A conversation that the bot can hold beforehand, so that children inherit what it takes: see Linux/Warmup.ts.
 *
 * @module
 */
import type { IO_Handle } from './IO/Handle.ts';

/** What the client says in it. */
export const LINES = [
  'I need some help.', 'I am not sure that I want this, my friend.', 'You are like my father, you know? But why?',
];

/** How often it is held: V8 settles what it expects of a function's objects after a few calls. */
export const ROUNDS = 50;

/**
 * Holds a conversation and leaves no trace of it. None of the program's own functions is called.
 *
 * @param input where {@link LINES} come from, and then the end
 * @param output where the replies go
 */
export type Talk = (input: IO_Handle, output: IO_Handle) => void;

let known: Talk | undefined;

/**
 * Offers a conversation; the last one offered counts.
 *
 * @param talk holds it
 */
export function can_rehearse(talk: Talk): void {
  known = talk;
}

/** @returns the conversation; undefined where there is none */
export function rehearsed(): Talk | undefined {
  return known;
}
