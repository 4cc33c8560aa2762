/**
 * Writes docs/transcript.md and docs/es/transcript.md: what our doctors answer to the lines of t/corpus/, from the first
 * to the last, in one conversation.
 *
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { Eliza, random } from '../Chatbot/Eliza.ts';

/** Lines of the user under a heading. */
export interface Section {
  /** What the corpus calls it. */
  readonly heading: string;
  /** The lines, as text. */
  readonly lines: readonly string[];
}

const PAGES = {
  en: {
    script: 'doctor.txt',
    page: new URL('../docs/transcript.md', import.meta.url),
    head: `\
# A long conversation

Everyday lines, one after the other, and what \`doctor.txt\` answers to them: one conversation with one bot. Tests hold it to
what can be said of any reply, of every answer that each line can bring: no doubled word, no hole, nobody taken for somebody
else. Where a line brings no keyword, something that was said before comes back: that is the memory.
`,
  },
  es: {
    script: 'doctor.es.txt',
    page: new URL('../docs/es/transcript.md', import.meta.url),
    head: `\
# Una larga conversación

Frases de todos los días, una tras otra, y lo que \`doctor.es.txt\` contesta: una sola conversación con un solo bot. Las
pruebas exigen de cada respuesta posible a cada frase lo que vale para cualquiera: ninguna palabra doble, ningún hueco, nadie
tomado por otro. Donde la frase no trae ninguna palabra clave, vuelve algo que se dijo antes: eso es la memoria.
`,
  },
};

/** A language that a script of ours speaks. */
export type Language = keyof typeof PAGES;

/** The languages. */
export const LANGUAGES = Object.keys(PAGES) as Language[];

/**
 * The file of a language's script.
 *
 * @param language which
 * @returns its name, to make a bot with
 */
export function script_of(language: Language): string {
  return PAGES[language].script;
}

/**
 * What the user says.
 *
 * @param language in which
 * @returns the corpus: `# Heading` begins a section
 */
export function corpus(language: Language): Section[] {
  const text = readFileSync(new URL(`../t/corpus/${language}.txt`, import.meta.url), 'utf8');
  return text.split(/^# /m).slice(1).map((section) => {
    const [heading = '', ...lines] = section.split('\n').filter((line) => line.trim() !== '');
    return { heading, lines };
  });
}

/**
 * Has one line answered: the bot's world is bytes. A quit word is answered by a farewell.
 *
 * @param bot who answers
 * @param line what is said, as text
 * @returns the reply, as text
 */
export function answer(bot: Eliza, line: string): string {
  const said = Buffer.from(line, 'utf8').toString('latin1');
  const reply = bot._testquit(said) ? bot.final[Math.floor(bot.myrand(bot.final.length))] ?? '' : bot.transform(said);
  return Buffer.from(reply, 'latin1').toString('utf8');
}

/**
 * Has the whole conversation.
 *
 * @param language in which
 * @returns the page, in Markdown
 */
export function page(language: Language): string {
  const { script, head } = PAGES[language];
  const bot = new Eliza({ scriptfile: script, myrand: random(1966) });
  const sections = corpus(language).map(({ heading, lines }) => {
    const exchanges = lines.map((line) => `${line}\n    ${answer(bot, line)}\n`);
    return `\n## ${heading}\n\n\`\`\`text\n${exchanges.join('\n')}\`\`\`\n`;
  });
  return head + sections.join('');
}

/**
 * The page as it is.
 *
 * @param language which
 * @returns what is in docs/
 */
export function written(language: Language): string {
  return readFileSync(PAGES[language].page, 'utf8');
}

if (argv[1]?.endsWith('transcript.js')) for (const language of LANGUAGES) writeFileSync(PAGES[language].page, page(language));
