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

/** Whether an answer says what is right, in whatever words. */
function says(answer: string, right: string | number | boolean): boolean {
  if (typeof right === 'string') return answer.replace(/\.$/, '').toLowerCase() === right.toLowerCase();
  if (typeof right === 'boolean') return (right ? /^(yes|sí|si)\b/i : /^no\b/i).test(answer);
  const numbers = answer.match(/\d+/g) ?? [];
  return numbers.length === 1 && Number(numbers[0]) === right;
}

/** The answers in a student's file. */
export class Answers {
  readonly #t: Pick<typeof t, 'ok' | 'fail'>;
  readonly #answers: Map<number, string>;

  constructor(test: Pick<typeof t, 'ok' | 'fail'>, file: string) {
    this.#t = test;
    this.#answers = read(file);
  }

  /** Asserts that an answer is right: a text, a number that stands in it alone, or yes or no. */
  is(question: number, right: string | number | boolean): void {
    this.#check(question, (answer) => says(answer, right), 'is what really happens');
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
