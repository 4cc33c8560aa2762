/**
 * The steps of docs/steps/, by which the program grows, as the guide shows them: each as what it changes in the one before.
 *
 * In a page ` ```ts docs/steps/0-echo.ts ` stands for the whole of a step, ` ```diff docs/steps/1-bot.ts ` for the difference.
 * The block's text is written by `npm run docs`.
 *
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './common/processes.ts';

const folder = join('docs', 'steps');
const CONTEXT = 1; // lines shown before and after a change

/** The files of the steps, in order, by their paths in the checkout. */
export const steps: readonly string[] = readdirSync(join(root, folder)).filter((name) => /^\d-.*\.ts$/.test(name)).sort()
  .map((name) => join(folder, name));

/**
 * The lines of a step, without the comment at its head.
 *
 * @param file its path in the checkout
 * @returns its lines
 */
export function lines_of(file: string): string[] {
  return readFileSync(join(root, file), 'utf8').replace(/^\/\*\*[^]*?\*\/\n/, '').trimEnd().split('\n');
}

/** How many lines two texts have in common from a line of each on: the table of the longest common subsequence. */
function common(before: readonly string[], after: readonly string[]): number[][] {
  const table = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      const [below = 0, right = 0, both = 0] = [table[i + 1]?.[j], table[i]?.[j + 1], table[i + 1]?.[j + 1]];
      (table[i] ?? [])[j] = before[i] === after[j] ? both + 1 : Math.max(below, right);
    }
  }
  return table;
}

/** Both texts in one: each line with `-`, `+` or a blank before it. */
function merged(before: readonly string[], after: readonly string[]): string[] {
  const table = common(before, after);
  const out: string[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [below = -1, right = -1] = [table[i + 1]?.[j], table[i]?.[j + 1]];
    if (i < before.length && before[i] === after[j]) {
      out.push(` ${before[i++] ?? ''}`);
      j++;
    } else if (i < before.length && (j >= after.length || below >= right)) {
      out.push(`-${before[i++] ?? ''}`);
    } else {
      out.push(`+${after[j++] ?? ''}`);
    }
  }
  return out;
}

/**
 * What one text changes in another.
 *
 * @param before the lines of the one
 * @param after the lines of the other
 * @returns the lines gone (`-`) and come (`+`), with a line around each change, and `@@` where something is left out
 */
function difference(before: readonly string[], after: readonly string[]): string[] {
  const all = merged(before, after);
  const changed = all.map((line) => !line.startsWith(' '));
  const shown = all.map((_, i) => changed.slice(Math.max(i - CONTEXT, 0), i + CONTEXT + 1).includes(true));
  return all.flatMap((line, i) => shown[i] ? [line.trimEnd()] : shown[i - 1] && shown.includes(true, i) ? ['@@'] : []);
}

/**
 * A page with its steps as the files have them now.
 *
 * @param page its Markdown
 * @returns the same, with each block written again
 */
export function with_steps(page: string): string {
  return page.replace(/^```(ts|diff) (docs\/steps\/\S+)\n[^]*?^```$/gm, (_, kind: string, file: string) => {
    const before = steps[steps.indexOf(file) - 1];
    const lines = kind === 'ts' || before === undefined ? lines_of(file) : difference(lines_of(before), lines_of(file));
    return `\`\`\`${kind} ${file}\n${lines.join('\n')}\n\`\`\``;
  });
}
