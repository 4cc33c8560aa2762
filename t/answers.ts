/**
 * What a student has answered to the questions of an exercise, and whether it is what was seen to happen.
 *
 * A test that fails does not give the answer away.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type t from 'tap';
import { root } from './harness.ts';

/** The line of the Perl that a line of Daemon.ts mirrors, the only one of those that match. */
export function perl_line(pattern: RegExp): number {
  const lines = readFileSync(join(root, 'Daemon.ts'), 'utf8').split('\n').filter((line) => pattern.test(line));
  const [number, ...more] = lines.flatMap((line) => / \/\/ (\d+)(?: e\d+)*$/.exec(line)?.[1] ?? []).map(Number);
  if (number === undefined || more.length > 0) throw new Error(`${pattern} is not one line of the Perl's: ${lines.join('\n')}`);
  return number;
}

/** The answers in a file, by the question's number. */
function read(file: string): Map<number, string> {
  const questions = readFileSync(join(root, file), 'utf8').split(/^(?=\d+\. )/m).slice(1);
  return new Map(questions.map((text) => [parseInt(text), (text.split(/^answer:/m)[1] ?? '').trim()]));
}

/** Numbers, for those who write them in letters. */
const NUMBERS = [
  'none|zero|ninguno|ninguna|cero', 'one|once|uno|una', 'two|twice|dos', 'three|tres', 'four|cuatro', 'five|cinco',
  'six|seis', 'seven|siete', 'eight|ocho', 'nine|nueve', 'ten|diez',
];

/** The numbers in an answer, in figures or in letters. */
function numbers_in(answer: string): number[] {
  const figures = NUMBERS.reduce((text, words, number) =>
    text.replaceAll(new RegExp(`(?<![\\p{L}\\d])(?:${words})(?![\\p{L}\\d])`, 'giu'), String(number)), answer);
  return (figures.match(/\d+/g) ?? []).map(Number);
}

/** Whether an answer says what is right, in whatever words. */
function says(answer: string, right: string | number | boolean): boolean {
  if (typeof right === 'string') return answer.replace(/\.$/, '').toLowerCase() === right.toLowerCase();
  if (typeof right === 'boolean') return (right ? /^(yes|sí|si)\b/i : /^no\b/i).test(answer);
  const numbers = new Set(numbers_in(answer)); // who writes "One: 1" has said it twice
  return numbers.size === 1 && numbers.has(right);
}

/** The answers in a student's file. */
export class Answers {
  readonly #t: Pick<typeof t, 'ok' | 'fail'>;
  readonly #answers: Map<number, string>;

  constructor(test: Pick<typeof t, 'ok' | 'fail'>, file: string) {
    this.#t = test;
    this.#answers = read(file);
  }

  /**
   * Asserts that an answer is right: a text, a number that stands in it alone, or yes or no.
   *
   * @param hints answers that are wrong in a way that can be foreseen, each with what to think of
   */
  is(question: number, right: string | number | boolean, hints: [wrong: string | number | boolean, hint: string][] = []): void {
    const answer = this.#answers.get(question) ?? '';
    const hint = says(answer, right) ? undefined : hints.find(([wrong]) => says(answer, wrong))?.[1];
    const what = hint === undefined ? 'is what really happens' : `is not what happens: ${hint}`;
    this.#check(question, (answer) => says(answer, right), what);
  }

  /** Asserts that an answer is a sentence that names a line. What else it says, no test can judge. */
  explains(question: number, line: number): void {
    this.#check(question, (answer) => answer.split(/\s+/).length >= 8 && new RegExp(`\\b${line}\\b`).test(answer),
      'is a sentence, and names the right line');
  }

  #check(question: number, right: (answer: string) => boolean, what: string): void {
    const answer = this.#answers.get(question) ?? '';
    if (answer === '') this.#t.fail(`question ${question} has an answer`);
    else this.#t.ok(right(answer), `question ${question}: the answer ${what}`);
  }
}
