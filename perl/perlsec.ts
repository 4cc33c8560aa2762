/**
 * perlsec: taint mode, the `-T` of eliza_hup.pl's first line.
 *
 * Perl marks every string that came from outside (arguments, environment, input) and refuses to let it into exec,
 * unlink, kill, an open for writing … until a pattern's capture has taken a clean piece out of it. Here the mark is
 * a class: the type checker refuses a `Tainted<string>` where a `string` is wanted, and at run time {@link refuse_tainted}
 * refuses it too, in Perl's words.
 *
 * @module
 */

/** A string from outside, fit for printing, logging and matching, and for nothing that changes the system. */
export class Tainted<T extends string> {
  readonly #value: T;

  /**
   * Marks a value.
   *
   * @param value what came from outside
   */
  constructor(value: T) {
    this.#value = value;
  }

  /**
   * Perl's `=~`, and the only way out: what a pattern captured is clean.
   *
   * @param pattern says what a clean piece looks like
   * @returns the match, with its captures untainted, or null
   */
  match(pattern: RegExp): RegExpMatchArray | null {
    return this.#value.match(pattern);
  }

  /**
   * The text as it came, for code in perl/ that only prints, logs or compares it.
   *
   * @param text tainted or not
   * @returns the bare string
   */
  static raw(text: Text): string {
    return text instanceof Tainted ? text.#value : String(text);
  }

  /** Keeps the mark from being lost in a template or a sum: use {@link qq}. */
  toString(): never {
    throw new TypeError('a tainted string loses its mark here: build it with qq`...`');
  }
}

/** What print, log and die take: any of it may be tainted. */
export type Text = string | number | Tainted<string>;

/**
 * Perl's double quotes, `"… $port"`: the whole is tainted as soon as one part is.
 *
 * @param strings the fixed parts
 * @param parts the interpolated ones
 * @returns one string, tainted where a part was
 */
export function qq(strings: TemplateStringsArray, ...parts: (string | number)[]): string;
export function qq(strings: TemplateStringsArray, ...parts: Text[]): Tainted<string>;
export function qq(strings: TemplateStringsArray, ...parts: Text[]): string | Tainted<string> {
  const text = String.raw({ raw: strings }, ...parts.map((part) => Tainted.raw(part)));
  return parts.some((part) => part instanceof Tainted) ? new Tainted(text) : text;
}

/**
 * The run-time half of `-T`, for callers the type checker never saw.
 *
 * @param operation what is about to be done, as Perl names it: `exec`, `unlink` …
 * @param values what it would be done with
 * @throws Error when one of them is tainted, in Perl's words
 */
export function refuse_tainted(operation: string, ...values: unknown[]): void {
  if (values.some((value) => value instanceof Tainted)) {
    throw new Error(`Insecure dependency in ${operation} while running with -T switch`);
  }
}
