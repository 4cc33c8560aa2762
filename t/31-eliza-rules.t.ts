/**
 * What a student learns here: that no line of the scripts is dead. Each reassembly rule of doctor.txt and
 * doctor.es.txt is brought to be said at least once, by a line of the corpus or by an utterance made from its own
 * decomposition rule.
 */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { Eliza } from '../Chatbot/Eliza.ts';
import { parse, SUBSEP, type ScriptData } from '../Chatbot/Script.ts';
import { answer, corpus, LANGUAGES, script_of } from '../tools/transcript.ts';
import { no_perl, SCRIPTS } from './eliza-oracle.ts';

/** What was said along the way to one reply, read from the debug text: keyword, rule, and the reassembly rule. */
function said(debug: string): string[] {
  const found: string[] = [];
  let keyword = '';
  let decomp = '';
  for (const line of debug.split('\n')) {
    keyword = /^\t-?\d+> (.*)$/.exec(line)?.[1] ?? keyword;
    decomp = /^\t\t: (.*) : 0 /.exec(line)?.[1] ?? decomp;
    const reasmb = /^\t\t--> {2}(.*)$/.exec(line)?.[1];
    if (reasmb !== undefined) found.push([keyword, decomp, reasmb].join(SUBSEP));
  }
  return found;
}

/** Where a keyword is a pattern, or is outranked by its own rule's words, this brings it about. */
const OPENINGS = ['', 'the ', 'am ', 'claro ', 'no '];

const TURNS = 60; // so that every answer of a rule has its turn, and those of the rules it goes on to

for (const language of LANGUAGES) {
  const name = script_of(language);
  const file = new URL(`../Chatbot/${name}`, import.meta.url);
  const { data } = parse(readFileSync(file, 'latin1'), name);

  /** Utterances that come to a decomposition rule of a keyword, likely or less so. */
  const utterances = (keyword: string, decomp: string): string[] => {
    const plain = decomp.replace(/[\^$]/g, '');
    const synonyms = data.synon.get(/@(\w+)/.exec(plain)?.[1] ?? '') ?? [''];
    const own = /^\w+$/.test(keyword)
      ? keyword
      : keyword.replace(/^\(\?<.*?\)/, '').replace(/\(\?:(\w+)[^)]*\)/, '$1').replace('\\s', ' ');
    const filled = synonyms.flatMap((synonym) => {
      const text = plain.replace(/@\w+/, synonym);
      return OPENINGS.map((opening) => (opening + text.replace(/\s*\*\s*/g, ' xx ')).trim());
    });
    return [plain === '*' ? own : '', ...filled, ...filled.map((text) => `${text} ${own}`), `${own} xx`, own];
  };

  void t.test(`${name}: every reassembly rule is said`, (t) => {
    const heard = new Set<string>();
    /** Says a line again and again, and another after it that brings back what was remembered. */
    const talk = (line: string): void => {
      const bot = new Eliza({ scriptfile: name });
      for (let turn = 0; turn < TURNS; turn++) {
        for (const text of [line, 'qwertz']) {
          if (text !== line && bot.memory.length === 0) continue;
          answer(bot, text);
          for (const rule of said(bot.debug_text)) heard.add(rule);
        }
      }
    };
    for (const { lines } of corpus(language)) for (const line of lines) talk(line);
    const unheard = (): string[] => [...data.reasmblist, ...data.reasmblist_for_memory].flatMap(([key, rules]) =>
      rules.map((rule) => key + SUBSEP + rule).filter((rule) => !heard.has(rule)));
    for (const key of new Set(unheard().map((rule) => rule.split(SUBSEP).slice(0, 2).join(SUBSEP)))) {
      const [keyword = '', decomp = ''] = key.split(SUBSEP);
      const bot = new Eliza({ scriptfile: name, memory_on: false });
      const line = utterances(keyword, decomp).find((line) => {
        bot.transform(line);
        return said(bot.debug_text).some((rule) => rule.startsWith(key + SUBSEP));
      });
      if (line !== undefined) talk(line);
    }
    t.same(unheard().map((rule) => rule.split(SUBSEP)), [], 'no rule is left unsaid');
    t.end();
  });
}

/** Words that open a line and say little: what the line says besides is to be answered. */
const OPENERS = ['hello', 'yes', 'no', 'sorry', 'apologise', 'perhaps'];

void t.test("doctor.txt is no poorer than the CPAN module's own", { skip: no_perl() }, (t) => {
  const read = (file = ''): ScriptData => parse(readFileSync(file, 'latin1'), file).data;
  const [theirs, ours] = [read(SCRIPTS[0]), read(SCRIPTS[3])];
  const all = (lists: Map<string, string[]>): string[] => [...lists.values()].flat();
  const gotos = (lists: Map<string, string[]>): string[] => all(lists).filter((rule) => rule.startsWith('goto '));
  for (const [key, theirs_is] of theirs.keyranks) {
    const rank = OPENERS.includes(key) ? '-1' : theirs_is;
    t.equal(ours.keyranks.get(key), rank, `keyword ${key}, rank ${rank}`);
  }
  for (const list of ['decomplist', 'reasmblist', 'reasmblist_for_memory', 'synon'] as const) {
    t.ok(all(ours[list]).length >= all(theirs[list]).length, `${list}: as many as theirs, or more`);
  }
  t.ok(gotos(ours.reasmblist).length >= gotos(theirs.reasmblist).length, 'as many gotos, or more');
  t.ok(ours.pre.size >= theirs.pre.size && ours.post.size >= theirs.post.size, 'as many words replaced, or more');
  t.end();
});
