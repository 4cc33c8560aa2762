/**
 * The conversation that the benches hold: what a client says, and what the whole of it looks like.
 */

/** What a client says, line by line, each after a prompt. */
export const LINES = ['I need some help.\n', 'My mother thinks so.\n', 'bye\n'];

/** All that a client hears when nothing is missing: the greeting, two replies and the farewell. */
export const WHOLE = /^(?:Eliza:\t[^\n]+\nyou:\t){3}Eliza:\t[^\n]+\n$/;
