/**
 * As much of markdown-it, which TypeDoc brings, as the site needs; its own package has no types.
 *
 * @module
 */
import { createRequire } from 'node:module';

/** A piece of a page. */
export interface Token {
  type: string;
  tag: string;
  content: string;
  info: string;
  readonly level: number;
  children: Token[] | null;
  attrGet(name: string): string | null;
  attrSet(name: string, value: string): void;
}

interface Markdown {
  readonly options: object;
  readonly renderer: { render(tokens: readonly Token[], options: object, env: object): string };
  parse(source: string, env: object): Token[];
}

const MarkdownIt = createRequire(import.meta.url)('markdown-it') as new (options: { html: boolean }) => Markdown;
const md = new MarkdownIt({ html: true });

/** Reads a page. */
export const parse = (text: string): Token[] => md.parse(text, {});

/** Writes its pieces as HTML. */
export const render = (tokens: readonly Token[]): string => md.renderer.render(tokens, md.options, {});
