/**
 * perlmod: END blocks, which run when a process that compiled them exits, by exit or by die: forked children too.
 *
 * @module
 */
const blocks: (() => void)[] = [];

/**
 * `END { … }`. Perl registers the block when it compiles it; hoist a function and register it near the top.
 *
 * @param block runs at exit; the block defined last runs first
 */
export function END(block: () => void): void {
  blocks.unshift(block);
}

/**
 * Runs the END blocks, each once.
 *
 * @param failed is told what a block threw; the blocks after it still run
 */
export function run_END(failed: (error: unknown) => void): void {
  for (let block = blocks.shift(); block; block = blocks.shift()) {
    try {
      block();
    } catch (error) {
      failed(error);
    }
  }
}

/** What is to be done before the process ends or is replaced, after the END blocks: Perl flushes its files then. */
export const before_end: (() => void)[] = [];
