/**
 * What a command or a test must undo at its end: processes that it has started, folders that it has made.
 *
 * @module
 */

/** Whose end is the end of what was started for it: a test, or a {@link Cleanup}. */
export interface Owner {
  /** Adds what is to be done at the end, before all that was added earlier. */
  teardown(action: () => unknown): unknown;
}

/** A list of what is to be undone, last things first. */
export class Cleanup implements Owner {
  readonly #actions: (() => unknown)[] = [];

  /** Adds an action, to be done before those that were added earlier. */
  teardown(action: () => unknown): void {
    this.#actions.unshift(action);
  }

  /** Does each action once. */
  async run(): Promise<void> {
    for (const action of this.#actions.splice(0)) await action();
  }
}
