/**
 * Chatbot::Eliza 1.08 in TypeScript, sub for sub in its order and under its names; the line numbers are Eliza.pm's.
 *
 * Given the same script and the same random numbers, every reply and every debug text is the Perl's, byte for byte,
 * when Perl's hashes are walked in the script's order (erratum 37). What the Perl does wrong on its own it still does
 * here, each manner named where it happens; what could harm whoever runs it is mended (errata 28-31, 33).
 *
 * transform and all it needs runs in a browser as it is. Only command_interface reads and writes.
 *
 * @module
 */
import { print, STDIN } from '../perl/IO/Handle.ts';
import { $ } from '../perl/perlvar.ts';
import { lower, matcher, pattern, rule_pattern, Words, type Matcher } from './Pattern.ts';
import { add, check, empty, goto_of, load, parse, split, SUBSEP, type Script, type ScriptData } from './Script.ts';

/** Perl's `rand`: a number from 0 up to, but not reaching, its argument. */
export type Rand = (limit: number) => number;

let seed = Math.random() * 2 ** 32;

/**
 * Perl's `srand`. JavaScript's own generator cannot be seeded, and forked children would all go on alike with it.
 *
 * @param number any number
 */
export function srand(number: number): void {
  seed = number | 0;
}

/**
 * Perl's `rand`, by Tommy Ettinger's mulberry32.
 *
 * @param limit what no number reaches
 * @returns a number from 0 on
 */
export function rand(limit = 1): number {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 * limit;
}

/** What the constructor takes; any data member may be among it. */
export type Options = Partial<Fields & ScriptData> & {
  /** The script itself, one byte a character, where there is no file to read it from. */
  script?: string;
};

/** `%fields` (lines 279-309), but for what the script fills. */
interface Fields {
  name: string;
  scriptfile: string;
  debug: boolean;
  debug_text: string;
  transform_text: string;
  prompts_on: boolean;
  memory_on: boolean;
  botprompt: string;
  userprompt: string;
  myrand: Rand;
  max_memory_size: number;
  likelihood_of_using_memory: number;
  memory: string[];
}

/** A keyword with all its rules, ready to be looked for. */
interface Keyword {
  readonly word: string;
  readonly rank: number;
  readonly shown: string;
  readonly rules: readonly Rule[];
}

/** A decomposition rule, ready to be matched. */
interface Rule {
  readonly decomp: string;
  readonly key: string;
  readonly match: Matcher;
}

/** A word to be replaced, and by what: an entry of `%pre` or `%post`. */
interface Substitution {
  readonly every: RegExp;
  readonly by: string;
}

/** A script made ready: all its patterns compiled, in its order. */
interface Engine {
  readonly pre: Words<Substitution>;
  readonly post: Words<Substitution>;
  readonly found: Words<Keyword>;
  readonly keywords: Map<string, Keyword>;
  /** The keyword '', if a `goto` that names none has made it: `$goto` is '' to begin with, and so finds it (719). */
  readonly nameless: readonly Keyword[];
}

const engines = new WeakMap<Script, Engine>();

/** Compiles all of a script's patterns. A rule without synonyms dies when a line comes to it, as in the Perl. */
function compile(data: ScriptData): Engine {
  const substitutions = (table: Map<string, string>): Words<Substitution> =>
    new Words(Array.from(table, ([word, by]) => [word, { every: pattern(word, 'g'), by }]));
  const keywords = new Map<string, Keyword>();
  for (const [word, decomps] of data.decomplist) {
    const shown = data.keyranks.get(word) ?? '';
    const rules = decomps.map((decomp): Rule => {
      let match: Matcher | undefined;
      const key = word + SUBSEP + decomp;
      return { decomp, key, match: (text, low) => (match ??= matcher(rule_pattern(decomp, data.synon)))(text, low) };
    });
    keywords.set(word, { word, rank: Number.parseFloat(shown) || 0, shown, rules });
  }
  const nameless = [...keywords.values()].filter(({ word }) => word === '');
  return { pre: substitutions(data.pre), post: substitutions(data.post), found: new Words(keywords), keywords, nameless };
}

/** Checks and compiles a script, once a process. */
function engine_of(script: Script): Engine {
  let engine = engines.get(script);
  if (!engine) {
    for (const warning of check(script, script.data)) console.warn(warning.trimEnd());
    engines.set(script, engine = compile(script.data));
  }
  return engine;
}

/** What every missing property comes to: see {@link Eliza}. */
const AUTOLOAD = new Proxy({}, {
  get(_, field) {
    return typeof field === 'symbol' || field === 'then' || field === 'toJSON' ? undefined : refuse(field);
  },
  set(_, field) {
    return refuse(String(field));
  },
});

function refuse(field: string): never {
  throw new TypeError(`Can't access \`${field}' field in object of class Chatbot::Eliza`);
}

/** The members that the script fills. */
const MEMBERS = Object.keys(empty()) as (keyof ScriptData)[];

/** Perl's test of a pattern between word edges. */
function edged(words: Words<Substitution>, string: string): string {
  const low = lower(string);
  if (!words.any(string, low)) return string.endsWith(' ') ? split(string, ' ').join(' ') : string;
  const lows = low.split(' ');
  return split(string, ' ').map((word, i) => {
    const found = words.first(word, lows[i] ?? '');
    return found ? word.replace(found.every, () => found.by) : word;
  }).join(' ');
}

/** A bot. */
export class Eliza implements Fields {
  name = 'Eliza';
  scriptfile = '';
  debug = false;
  debug_text = '';
  transform_text = '';
  prompts_on = true;
  memory_on = true;
  botprompt = '';
  userprompt = '';
  myrand: Rand = rand;
  declare keyranks: Map<string, string>;
  declare decomplist: Map<string, string[]>;
  declare reasmblist: Map<string, string[]>;
  declare reasmblist_for_memory: Map<string, string[]>;
  declare pre: Map<string, string>;
  declare post: Map<string, string>;
  declare synon: Map<string, string[]>;
  declare initial: string[];
  declare final: string[];
  declare quit: string[];
  max_memory_size = 5;
  likelihood_of_using_memory = 1;
  memory: string[] = [];

  #data: ScriptData = empty();
  #own = new Set<keyof ScriptData>();
  #engine: Engine | undefined;
  #next = { reasmblist: new Map<string, number>(), reasmblist_for_memory: new Map<string, number>() };

  /** AUTOLOAD's accessors for the members that the script fills: a bot gets a copy when it is first asked for one. */
  static {
    for (const member of MEMBERS) {
      Object.defineProperty(this.prototype, member, {
        get(this: Eliza) {
          return this.#mine(member);
        },
        set(this: Eliza, value: never) {
          this.#own.add(member);
          this.#data = { ...this.#data, [member]: value };
          this.#engine = undefined;
        },
      });
    }
    Object.setPrototypeOf(this.prototype, AUTOLOAD);
  }

  #mine<M extends keyof ScriptData>(member: M): ScriptData[M] {
    if (!this.#own.has(member)) {
      this.#own.add(member);
      this.#data = { ...this.#data, [member]: structuredClone(this.#data[member]) };
    }
    if (!Array.isArray(this.#data[member])) this.#engine = undefined; // it may be changed at any time from now on
    return this.#data[member];
  }

  /**
   * Reads, checks and compiles a script once a process: bots made of it later need no file, as under chroot.
   *
   * @param scriptfile its name; '' is the default script
   * @returns the same name, to make bots with
   * @throws ScriptError when the script cannot be read or used
   */
  static load(scriptfile = ''): string {
    engine_of(load(scriptfile));
    return scriptfile;
  }

  constructor(name?: string | Options, scriptfile?: string) {
    this._initialize(name, scriptfile);
  }

  _initialize(param1?: string | Options, param2?: string): void {
    if (typeof param1 === 'object') {
      const { script, ...fields } = param1;
      Object.assign(this, fields);
      this.parse_script_data(this.scriptfile, script);
    } else {
      if (param1) this.name = param1;
      this.parse_script_data(param2);
    }
    this.memory = [];
  }

  command_interface(): void {
    let user_input = '';
    this.botprompt = `${this.name}:\t`;
    this.userprompt = 'you:\t';
    const [botprompt, userprompt] = this.prompts_on ? [this.botprompt, this.userprompt] : ['', ''];
    const pid = $['$'];
    srand(Math.floor(Date.now() / 1000) ^ (pid + (pid << 15)));

    let out = `${botprompt}${this.initial[Math.floor(this.myrand(this.initial.length))] ?? ''}\n`;
    for (;;) {
      if (!print(out + userprompt)) return;
      out = '';

      const previous_user_input = user_input;
      const line = STDIN.getline();
      const string = line?.match(/^([^\n]*?)\r?\n?$/)?.[1];

      if (this._testquit(string)) {
        print(`${botprompt}${this.final[Math.floor(this.myrand(this.final.length))] ?? ''}\n`);
        return;
      }
      user_input = string ?? '';
      if (user_input === 'debug') {
        this.debug = !this.debug;
        user_input = previous_user_input;
      }
      if (user_input === 'memory' || user_input === 'debug memory') {
        out = this._debug_memory();
        continue;
      }
      if (user_input === 'debug that') {
        out = this.debug_text;
        continue;
      }
      const reply = this.transform(user_input);
      out = `${this.debug ? this.debug_text : ''}${botprompt}${reply}\n`;
    }
  }

  preprocess(string: string): string {
    return edged((this.#engine ?? compile(this.#data)).pre, string);
  }

  postprocess(string: string): string {
    return edged((this.#engine ?? compile(this.#data)).post, string);
  }

  _testquit(string?: string): boolean {
    return string === undefined || this.quit.some((quitword) => pattern(`\\b${quitword}\\b`).test(string));
  }

  _debug_memory(): string {
    return `\t${this.memory.length} item(s) in memory stack:\n${this.memory.map((line) => `\t\t->${line}\n`).join('')}`;
  }

  transform(string: string, use_memory?: string): string {
    const engine = this.#engine ?? compile(this.#data);
    const used = use_memory !== undefined;
    let debug = use_memory ? `\t[Pulling string "${string}" from memory.]\n` : '';
    let rank = -2;
    let reasmb = '';
    let reasmbkey = '';
    let goto = '';

    string = edged(engine.pre, string);
    string = string.replace(/[?!,]/g, '.').replace(/but/g, '.');

    for (const part of split(string, '.')) {
      const low = lower(part);
      const found = engine.found.all(part, low);
      if (goto === '') found.push(...engine.nameless);
      KEYWORD: for (let keyword of found) {
        while (rank < keyword.rank) {
          rank = keyword.rank;
          debug += `\t${keyword.shown}> ${keyword.word}`;
          let again = false;
          for (const { decomp, key, match } of keyword.rules) {
            debug += `\n\t\t: ${decomp}`;
            const captures = match(part, low);
            if (!captures) {
              debug += '\n';
              continue;
            }
            debug += ' : 0';
            for (let i = 0; i < 9; i++) debug += ` ${captures[i] ?? ''}`;
            debug += '\n';
            reasmbkey = key;
            const memory = used && (this.#data.reasmblist_for_memory.get(key)?.length ?? 0) > 0;
            reasmb = this._get_next_reasmb(key, memory);
            debug += `\t\t-->  ${reasmb}\n`;

            const target = goto_of(reasmb);
            if (target !== undefined) {
              debug += `$1 = ${target}\n`;
              goto = target;
              rank = -2;
              keyword = engine.keywords.get(target) ?? this.#vivify(target);
              again = true;
              break;
            }
            for (let i = 1; i <= 9 && reasmb.includes('('); i++) {
              if (!reasmb.includes(`(${i})`)) continue;
              const words = edged(engine.post, captures[i - 1] ?? '').replace(/[,;?!](?=\n?$)|\.+(?=\n?$)/, '');
              reasmb = reasmb.replaceAll(`(${i})`, () => words);
            }
            continue KEYWORD;
          }
          if (!again) break;
        }
      }
    }
    this.debug_text = debug;

    if (reasmb === '') {
      if (this.memory.length > 0 && this.myrand(1) >= 1 - this.likelihood_of_using_memory) {
        reasmb = this.transform(this.memory.shift() ?? '', 'use memory');
      } else {
        reasmb = this.transform('xnone');
      }
    } else if (this.memory_on) {
      if ((this.#data.reasmblist_for_memory.get(reasmbkey)?.length ?? 0) > 0 && !used) this.memory.push(string);
      if (this.memory.length > this.max_memory_size) this.memory.shift();
      this.debug_text += `\t${this.memory.length} item(s) in memory.\n`;
    }
    reasmb = reasmb.replace(/ {2,}/g, ' ').replace(/ \?(?=\n?$)/, '?');
    this.transform_text = reasmb;
    return reasmb;
  }

  #vivify(word: string): Keyword {
    this.decomplist.set(word, []);
    return { word, rank: 0, shown: '', rules: [] };
  }

  _get_next_reasmb(reasmbkey: string, memory: boolean): string {
    const which = memory ? 'reasmblist_for_memory' : 'reasmblist';
    const these_reasmbs = this.#data[which].get(reasmbkey);
    if (!these_reasmbs) throw new Error("Can't use an undefined value as an ARRAY reference");
    const next = this.#next[which];
    let next_reasmb = next.get(reasmbkey) ?? 0;
    next.set(reasmbkey, next_reasmb + 1);
    if (next_reasmb > these_reasmbs.length) {
      next_reasmb = 1;
      next.set(reasmbkey, 0);
    }
    return these_reasmbs.at(next_reasmb - 1) ?? '';
  }

  parse_script_data(scriptfile = '', script?: string): void {
    const parsed = script === undefined ? load(scriptfile) : parse(script, 'script');
    this.scriptfile = scriptfile;
    if (this.#engine === undefined && this.#own.size === 0) {
      this.#engine = engine_of(parsed);
      this.#data = parsed.data;
      return;
    }
    for (const member of MEMBERS) this.#mine(member);
    add(this.#data, parsed.data);
    for (const warning of check(parsed, this.#data)) console.warn(warning.trimEnd());
  }

  /** Perl's, empty as there. */
  DESTROY(): void {
    // nothing to do
  }
}
