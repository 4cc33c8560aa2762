/**
 * ELIZA in the page: the same engine as the daemon's, and what led to each reply.
 *
 * @module
 */
import { Eliza } from '../../Chatbot/Eliza.ts';

/** The scripts by language, which the build puts before this script: one byte a character, as the engine has it. */
declare const SCRIPTS: Record<string, string>;
/** Words in the page's language. */
declare const SAY: {
  you: string; why: string; from_memory: string; earlier: string; keyword: string; rank: string; decomposition: string;
  fits: string; not: string; reassembly: string; memory: string; kept: string;
};

const log = document.querySelector<HTMLElement>('#log');
const form = document.querySelector<HTMLFormElement>('#talk');
const input = document.querySelector<HTMLInputElement>('#say');
const language = document.querySelector<HTMLSelectElement>('#language');

const to_bytes = (text: string): string => String.fromCharCode(...new TextEncoder().encode(text));
const from_bytes = (text: string): string => new TextDecoder().decode(Uint8Array.from(text, (c) => c.charCodeAt(0)));

let bot: Eliza;

function element(name: string, text: string, className = ''): HTMLElement {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

/** The lines of the debug text, each with what it is. */
function reasons(debug: string): [what: string, text: string][] {
  const pulled = /^\t\[Pulling string "([^]*?)" from memory\.\]\n/.exec(debug)?.[1];
  const from_memory: [string, string][] = pulled === undefined ? [] : [[SAY.from_memory, `${SAY.earlier} ${pulled}`]];
  return from_memory.concat(debug.split('\n').flatMap((line): [string, string][] => {
    const [, rank, keyword] = /^\t(\S*)> (.*)$/.exec(line) ?? [];
    if (keyword !== undefined) return [[SAY.keyword, rank ? `${keyword}, ${SAY.rank} ${rank}` : keyword]];
    const [, decomp, parts] = /^\t\t: (.*?)(?: : 0 (.*))?$/.exec(line) ?? [];
    if (decomp !== undefined) return [[SAY.decomposition, `${decomp} ${parts === undefined ? SAY.not : SAY.fits}`]];
    const [, reasmb] = /^\t\t--> +(.*)$/.exec(line) ?? [];
    if (reasmb !== undefined) return [[SAY.reassembly, reasmb]];
    const memory = /^\t(\d+) item/.exec(line)?.[1];
    return memory === undefined ? [] : [[SAY.memory, `${memory} ${SAY.kept}`]];
  }));
}

function say(who: string, text: string, why?: string): void {
  const item = element('li', `${who}: ${text}`, who === 'Eliza' ? '' : 'you');
  if (why !== undefined) {
    const details = document.createElement('details');
    const list = document.createElement('dl');
    for (const [what, reason] of reasons(why)) list.append(element('dt', what), element('dd', reason));
    details.open = true;
    details.append(element('summary', SAY.why), list);
    item.append(details);
  }
  log?.append(item);
  item.scrollIntoView({ block: 'nearest' });
}

function begin(): void {
  bot = new Eliza({ script: SCRIPTS[language?.value ?? 'en'] ?? '' });
  log?.replaceChildren();
  if (log) log.lang = language?.value ?? 'en';
  say('Eliza', from_bytes(bot.initial[Math.floor(bot.myrand(bot.initial.length))] ?? ''));
}

form?.addEventListener('submit', (event) => {
  event.preventDefault();
  if (!input || input.value.trim() === '') return;
  const line = to_bytes(input.value);
  say(SAY.you, input.value);
  input.value = '';
  if (bot._testquit(line)) {
    say('Eliza', from_bytes(bot.final[Math.floor(bot.myrand(bot.final.length))] ?? ''));
    return;
  }
  const reply = bot.transform(line);
  say('Eliza', from_bytes(reply), from_bytes(bot.debug_text));
});
language?.addEventListener('change', begin);
begin();
