/**
 * What a command or a test must undo at its end: processes that it has started, folders that it has made.
 *
 * @module
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { end_all_with, send } from './processes.ts';

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

/**
 * Makes this run of a tool one that leaves nothing behind, even where it is ended by Ctrl-C, TERM or a terminal that closes:
 * processes that it or its children have started, daemons among them, end, and folders that they have made under the
 * temporary folder are removed. Then the signal does what it does to any program.
 *
 * All of them are known by one mark: their temporary folder is one of this run's own, which they inherit as TMPDIR.
 */
export function leave_nothing(): void {
  const dir = mkdtempSync(join(tmpdir(), 'hup-'));
  chmodSync(dir, 0o1777); // as /tmp: ordinary users make folders in it too
  process.env['TMPDIR'] = dir;
  const remove = (): void => { rmSync(dir, { recursive: true, force: true }); };
  process.once('exit', remove);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      end_all_with(`TMPDIR=${dir}`); // without a return to the tool, which would report that all it has started has gone
      remove();
      send(process.pid, signal);
    });
  }
}
