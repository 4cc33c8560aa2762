/**
 * Chatbot::Eliza 1.08 in TypeScript, sub for sub, in its order and under its names. `Eliza.pm:681-898` says where a
 * sub stands in the Perl.
 *
 * Given the same script and the same random numbers, every reply and every debug text is the Perl's, byte for byte,
 * its hashes walked in the script's order (erratum 37: in the Perl the choice between keywords of one rank follows
 * the hash seed). What it does wrong on its own is kept and named where it happens; what could harm whoever runs it
 * is mended (errata 28 to 31, 33 and 38). Texts are bytes, one a character, as in the Perl.
 *
 * transform and all that it needs runs in a browser as it is. Only command_interface reads and writes.
 *
 * Chatbot::Eliza is Copyright (c) 1997-2003 John Nolan, who lets you modify and distribute it under the same terms as
 * Perl itself. It was said again in TypeScript in 2026; NOTICE says more.
 *
 * @module
 */
import { print, STDIN } from '../perl/IO/Handle.ts';
import { $ } from '../perl/perlvar.ts';
import { lower, matcher, pattern, rule_pattern, Words, type Matcher } from './Pattern.ts';
import { add, check, empty, goto_of, load, parse, ScriptError, split, SUBSEP, type Script, type ScriptData } from './Script.ts';

export { pattern } from './Pattern.ts';

/**
 * Perl's `rand`: a number from 0 up to, but not reaching, its argument.
 *
 * @param limit the argument
 */
export type Rand = (limit: number) => number;

/**
 * A row of random numbers that can be had again, by the algorithm called mulberry32.
 *
 * @param seed where the row starts
 * @returns what gives the next one
 */
export function random(seed: number): Rand {
  return (limit) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 * limit;
  };
}

let current = random(Math.random() * 2 ** 32);

/**
 * Perl's `srand`. JavaScript's own generator cannot be seeded, and after a fork every child would draw the same.
 *
 * @param seed where the numbers of {@link rand} start
 */
export function srand(seed: number): void {
  current = random(seed);
}

/**
 * Perl's `rand`.
 *
 * @param limit what no number reaches
 * @returns a number from 0 on
 */
export function rand(limit = 1): number {
  return current(limit);
}

/** `%fields`, but for what the script fills (Eliza.pm:279-309). */
export interface Fields {
  /** What the bot calls itself in its prompt. */
  name: string;
  /** Where the script came from; '' for the default one. */
  scriptfile: string;
  /** Whether command_interface prints the debug text before each reply. */
  debug: boolean;
  /** How the last reply was come by. */
  debug_text: string;
  /** The last reply. */
  transform_text: string;
  /** Whether command_interface prints prompts. */
  prompts_on: boolean;
  /** Whether lines are remembered. */
  memory_on: boolean;
  /** The bot's prompt. */
  botprompt: string;
  /** The user's prompt. */
  userprompt: string;
  /** Where chance comes from. */
  myrand: Rand;
  /** How many lines are remembered. */
  max_memory_size: number;
  /** From 0, never, to 1, always when there is nothing better to say. */
  likelihood_of_using_memory: number;
  /** The lines remembered, the oldest first. */
  memory: string[];
}

/** What the constructor takes: any data member. */
export type Options = Partial<Fields & ScriptData> & {
  /** The script itself, one byte a character, where there is no file to read it from. */
  script?: string;
  /**
   * Another test for the end of a conversation.
   *
   * @param this the bot
   * @param string the line, undefined at the end of input
   */
  _testquit?: (this: Eliza, string?: string) => boolean;
};

/** A keyword with all its rules; `shown` is its rank as the script writes it. */
interface Keyword {
  readonly word: string;
  readonly rank: number;
  readonly shown: string;
  readonly rules: readonly Rule[];
}

/** A decomposition rule, and the key to its reassembly rules. */
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

/** A script made ready, all its patterns compiled. */
interface Engine {
  readonly pre: Words<Substitution>;
  readonly post: Words<Substitution>;
  readonly found: Words<Keyword>;
  readonly keywords: ReadonlyMap<string, Keyword>;
  /** The keyword '', if a `goto` that names none has made it: `$goto` is '' to begin with, and so finds it (719). */
  readonly nameless: readonly Keyword[];
}

/** A rule is compiled when a line first comes to it, and dies only then, where it has no synonyms: as in the Perl. */
function rule(word: string, decomp: string, data: ScriptData): Rule {
  let match: Matcher | undefined;
  return {
    decomp,
    key: word + SUBSEP + decomp,
    match: (text, low) => (match ??= matcher(rule_pattern(decomp, data.synon)))(text, low),
  };
}

function compile(data: ScriptData): Engine {
  const substitutions = (table: Map<string, string>): Words<Substitution> =>
    new Words(Array.from(table, ([word, by]) => [word, { every: pattern(word, 'g'), by }]));
  const keywords = new Map(Array.from(data.decomplist, ([word, decomps]) => {
    const shown = data.keyranks.get(word) ?? '';
    const rules = decomps.map((decomp) => rule(word, decomp, data));
    return [word, { word, rank: Number.parseFloat(shown) || 0, shown, rules }];
  }));
  return {
    pre: substitutions(data.pre),
    post: substitutions(data.post),
    found: new Words(keywords),
    keywords,
    nameless: [keywords.get('') ?? []].flat(),
  };
}

function warn(warnings: readonly string[]): void {
  for (const warning of warnings) console.warn(warning.trimEnd());
}

const engines = new WeakMap<Script, Engine>();

/** Checks and compiles a script, once a process. */
function engine_of(script: Script): Engine {
  let engine = engines.get(script);
  if (!engine) {
    warn(check(script, script.data));
    engines.set(script, engine = compile(script.data));
  }
  return engine;
}

/** What preprocess and postprocess have in common: each word is replaced by the first rule that finds itself in it. */
function replace_words(words: Words<Substitution>, string: string): string {
  const low = lower(string);
  if (!words.any(string, low)) return string.endsWith(' ') ? split(string, ' ').join(' ') : string;
  const lows = low.split(' ');
  return split(string, ' ').map((word, i) => {
    const found = words.first(word, lows[i] ?? '');
    return found ? word.replace(found.every, () => found.by) : word;
  }).join(' ');
}

/** Perl's `@{ undef }`, which a script without the list in question comes to. */
function no_array(): never {
  throw new ScriptError("Can't use an undefined value as an ARRAY reference\n");
}

/** The members that the script fills. */
const MEMBERS = Object.keys(empty()) as (keyof ScriptData)[];

/** What {@link Eliza.load} has a bot answer, so that what a conversation needs is compiled before the first fork. */
const WARM_UP = ['Hello, Eliza.', 'I am not sure that I want this, my friend.', 'You are like my father, you know? But why?'];

/** Where a property is looked for that neither a bot nor its class has; what every object has, it has too. */
const AUTOLOAD = new Proxy({}, {
  get: (target, field): unknown => {
    if (typeof field === 'symbol' || field in target) return Reflect.get(target, field);
    return field === 'then' || field === 'toJSON' ? undefined : refuse(field); // await and JSON ask for these
  },
  set: (_, field) => refuse(String(field)),
});

function refuse(field: string): never {
  throw new TypeError(`Can't access \`${field}' field in object of class Chatbot::Eliza`);
}

/** A bot: the package Chatbot::Eliza. */
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
  max_memory_size = 5;
  likelihood_of_using_memory = 1;
  memory: string[] = [];
  /** Keywords and their ranks. */
  declare keyranks: Map<string, string>;
  /** Keywords and their decomposition rules. */
  declare decomplist: Map<string, string[]>;
  /** Keyword, `$;` and decomposition rule, and their reassembly rules. */
  declare reasmblist: Map<string, string[]>;
  /** The same for a line that was pulled from memory. */
  declare reasmblist_for_memory: Map<string, string[]>;
  /** Words replaced before anything else. */
  declare pre: Map<string, string>;
  /** Words replaced in what the user said when it is said back. */
  declare post: Map<string, string>;
  /** A word of a decomposition rule and what counts as the same. */
  declare synon: Map<string, string[]>;
  /** Greetings. */
  declare initial: string[];
  /** Farewells. */
  declare final: string[];
  /** Patterns that end the conversation. */
  declare quit: string[];

  #data = empty(); // shared with the other bots of the script, but for the members in #own
  #own = new Set<keyof ScriptData>();
  #engine: Engine | undefined; // none while a member may be changed at any time
  #next = { reasmblist: new Map<string, number>(), reasmblist_for_memory: new Map<string, number>() };

  /**
   * A bot with a script.
   *
   * Mirrors `new`, Eliza.pm:339-349.
   *
   * @param name the bot's name, or data members by name
   * @param scriptfile the script's file; a bare name is also looked for beside this module
   * @throws ScriptError when the script cannot be read or used
   */
  constructor(name?: string | Options, scriptfile?: string) {
    this._initialize(name, scriptfile);
  }

  /**
   * Takes the constructor's parameters.
   *
   * Mirrors `_initialize`, Eliza.pm:351-372.
   *
   * @param param1 a name, or data members by name
   * @param param2 the script's file
   * @throws ScriptError when the script cannot be read or used
   */
  _initialize(param1?: string | Options, param2?: string): void {
    if (typeof param1 === 'object') {
      const { script, ...members } = param1;
      Object.assign(this, members);
      this.parse_script_data(this.scriptfile, script);
    } else {
      if (param1) this.name = param1;
      this.parse_script_data(param2);
    }
    this.memory = [];
  }

  // Mirrors `AUTOLOAD`, Eliza.pm:374-389: accessors for the members that the script fills. A bot gets its own copy of
  // one when it is first asked for it. What there is no accessor for comes to AUTOLOAD, and is refused.
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

  #mine<Member extends keyof ScriptData>(member: Member): ScriptData[Member] {
    if (!this.#own.has(member)) {
      this.#own.add(member);
      const shared = this.#data[member];
      this.#data = { ...this.#data, [member]: Array.isArray(shared) ? [...shared] : structuredClone(shared) };
    }
    if (!Array.isArray(this.#data[member])) this.#engine = undefined;
    return this.#data[member];
  }

  #ready(): Engine {
    return this.#engine ?? compile(this.#data);
  }

  /**
   * A conversation: greeting, lines and replies, farewell. `debug` turns the debugging on and off and answers the line
   * before it again; `memory` shows what is remembered, `debug that` how the last reply was come by.
   *
   * Each turn is one write. It ends at a quit word, at the end of input, and when the other side has gone.
   *
   * Mirrors `command_interface`, Eliza.pm:420-499.
   */
  command_interface(): void {
    let user_input = '';

    this.botprompt = `${this.name}:\t`;
    this.userprompt = 'you:\t';
    const prompt = (which: 'botprompt' | 'userprompt'): string => this.prompts_on ? this[which] : '';

    const pid = $['$'];
    srand(Math.floor(Date.now() / 1000) ^ (pid + (pid << 15)));

    let out = `${prompt('botprompt')}${this.#pick(this.initial)}\n`;
    for (;;) {
      if (!print(out, prompt('userprompt'))) return;

      const previous_user_input = user_input;
      // What a user types goes nowhere but into the reply, so all of it is clean (erratum 28: the Perl leaves it
      // tainted, and its sprintf then ends the conversation). CRLF ends a line as LF does (erratum 33).
      const string = STDIN.getline()?.match(/^([^\n]*?)\r?\n?$/)?.[1];

      if (this._testquit(string)) {
        print(prompt('botprompt'), this.#pick(this.final), '\n');
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
      out = `${this.debug ? this.debug_text : ''}${prompt('botprompt')}${reply}\n`;
    }
  }

  #pick(list: readonly string[]): string {
    return list[Math.floor(this.myrand(list.length))] ?? no_array();
  }

  /**
   * Gives a line's words one spelling.
   *
   * Mirrors `preprocess`, Eliza.pm:522-538.
   *
   * @param string what the user said
   * @returns the same with the words of `%pre` replaced
   */
  preprocess(string: string): string {
    return replace_words(this.#ready().pre, string);
  }

  /**
   * Turns a line round: I becomes you, you me.
   *
   * Mirrors `postprocess`, Eliza.pm:558-574.
   *
   * @param string a piece of what the user said
   * @returns the same with the words of `%post` replaced
   */
  postprocess(string: string): string {
    return replace_words(this.#ready().post, string);
  }

  /**
   * Looks for a quit word, anywhere in the line (erratum 32: `where is the exit sign` ends a conversation).
   *
   * Mirrors `_testquit`, Eliza.pm:590-598, which goes on for ever at the end of input (erratum 31).
   *
   * @param string what the user said; undefined at the end of input
   * @returns whether that ends the conversation
   */
  _testquit(string?: string): boolean {
    return string === undefined || this.quit.some((quitword) => pattern(`\\b${quitword}\\b`).test(string));
  }

  /**
   * Shows what is remembered.
   *
   * Mirrors `_debug_memory`, Eliza.pm:614-631, which gives sprintf the user's words for a format (erratum 29).
   *
   * @returns lines of text
   */
  _debug_memory(): string {
    return `\t${this.memory.length} item(s) in memory stack:\n${this.memory.map((line) => `\t\t->${line}\n`).join('')}`;
  }

  /**
   * Replies to a line.
   *
   * Mirrors `transform`, Eliza.pm:681-898. Its debug text is written without sprintf, which takes the user's `%` for
   * its own (erratum 29).
   *
   * @param string what the user said
   * @param use_memory given when the line comes from memory: other reassembly rules are for it
   * @returns the reply
   * @throws ScriptError when the line comes to a rule that is not complete
   */
  transform(string: string, use_memory?: string | boolean): string {
    const { pre, found, nameless, keywords } = this.#ready();
    let debug = use_memory ? `\t[Pulling string "${string}" from memory.]\n` : '';
    let [rank, reasmb, reasmbkey, goto] = [-2, '', '', ''];

    // A conjunction parts a sentence as punctuation does, even within a word: `my button` (erratum 34).
    string = replace_words(pre, string).replace(/[?!,]/g, '.').replace(/but/g, '.');

    for (const string_part of split(string, '.')) {
      const low = lower(string_part);
      const candidates = found.all(string_part, low);
      if (goto === '') candidates.push(...nameless);

      KEYWORD: for (let keyword of candidates) {
        REDO: while (rank < keyword.rank) {
          // The rank counts from here on, even if none of the rules matches.
          rank = keyword.rank;
          debug += `\t${keyword.shown}> ${keyword.word}`;

          for (const { decomp, key, match } of keyword.rules) {
            debug += `\n\t\t: ${decomp}`;
            const decomp_matches = match(string_part, low);
            if (!decomp_matches) {
              debug += '\n';
              continue;
            }
            debug += ` : 0${nine(decomp_matches)}\n`;
            reasmbkey = key;
            reasmb = this._get_next_reasmb(key, use_memory !== undefined && this.#remembers(key));
            debug += `\t\t-->  ${reasmb}\n`;

            const target = goto_of(reasmb);
            if (target === undefined) {
              reasmb = this.#reassemble(reasmb, decomp_matches);
              continue KEYWORD;
            }
            debug += `$1 = ${target}\n`;
            goto = target;
            keyword = keywords.get(target) ?? this.#vivify(target);
            rank = -2;
            continue REDO;
          }
          continue KEYWORD;
        }
      }
    }
    this.debug_text = debug;

    if (reasmb === '') {
      reasmb = this.memory.length > 0 && this.myrand(1) >= 1 - this.likelihood_of_using_memory
        ? this.transform(this.memory.shift() ?? '', 'use memory')
        : this.transform('xnone');
    } else if (this.memory_on) {
      if (this.#remembers(reasmbkey) && use_memory === undefined) this.memory.push(string);
      if (this.memory.length > this.max_memory_size) this.memory.shift();
      this.debug_text += `\t${this.memory.length} item(s) in memory.\n`;
    }
    return this.transform_text = reasmb.replace(/ {2,}/g, ' ').replace(/ \?(?=\n?$)/, '?');
  }

  /** Whether a rule is one whose lines are remembered. */
  #remembers(key: string): boolean {
    return (this.#data.reasmblist_for_memory.get(key)?.length ?? 0) > 0;
  }

  /**
   * Lines 788-792: puts the user's words where the rule has a number. The numbers come one after the other, so that a
   * `(2)` the user typed is taken for one (erratum 35).
   */
  #reassemble(reasmb: string, decomp_matches: readonly string[]): string {
    for (let i = 1; i <= 9 && reasmb.includes('('); i++) {
      if (!reasmb.includes(`(${i})`)) continue;
      const words = this.postprocess(decomp_matches[i - 1] ?? '').replace(/(?:[,;?!]|\.+)(?=\n?$)/, '');
      reasmb = reasmb.replaceAll(`(${i})`, () => words);
    }
    return reasmb;
  }

  /** A keyword nobody knows: Perl's `foreach (@{ $hash{$key} })` makes it one, without a rank and without a rule. */
  #vivify(word: string): Keyword {
    this.decomplist.set(word, []);
    return { word, rank: 0, shown: '', rules: [] };
  }

  /**
   * The next of a rule's reassembly rules. The count is off by one: of A, B and C it says C A B C A C A B C A C A …
   * (erratum 36).
   *
   * Mirrors `_get_next_reasmb`, Eliza.pm:906-918.
   *
   * @param reasmbkey keyword, `$;` and decomposition rule
   * @param memory whether the rules for memory are meant
   * @returns the reassembly rule
   * @throws ScriptError when there is none
   */
  _get_next_reasmb(reasmbkey: string, memory: boolean): string {
    const list = memory ? 'reasmblist_for_memory' : 'reasmblist';
    const these_reasmbs = this.#data[list].get(reasmbkey) ?? no_array();
    let next_reasmb = this.#next[list].get(reasmbkey) ?? 0;
    this.#next[list].set(reasmbkey, next_reasmb + 1);
    if (next_reasmb > these_reasmbs.length) {
      next_reasmb = 1;
      this.#next[list].set(reasmbkey, 0);
    }
    return these_reasmbs.at(next_reasmb - 1) ?? '';
  }

  /**
   * Takes a script in. A second one is added to the first.
   *
   * Mirrors `parse_script_data`, Eliza.pm:1030-1124; the reading is in Script.ts.
   *
   * @param scriptfile its file; '' for the default script
   * @param script its text, where there is no file to read
   * @throws ScriptError when it cannot be read or used
   */
  parse_script_data(scriptfile = '', script?: string): void {
    const parsed = script === undefined ? load(scriptfile) : parse(script, scriptfile || 'script');
    this.scriptfile = scriptfile;
    if (this.#engine === undefined && this.#own.size === 0) {
      this.#engine = engine_of(parsed);
      this.#data = parsed.data;
      return;
    }
    for (const member of MEMBERS) this.#mine(member);
    add(this.#data, parsed.data);
    warn(check(parsed, this.#data));
  }

  /** Mirrors `DESTROY`, Eliza.pm:1129-1129, which does nothing but be there, so that AUTOLOAD is not asked. */
  DESTROY(): void {
    // nothing to do
  }

  /**
   * Reads, checks and compiles a script once a process: bots made of it later need no file, as under chroot. A few
   * lines are answered meanwhile, so that children inherit compiled code.
   *
   * @param scriptfile its file; '' for the default script
   * @returns the same name, to make bots with
   * @throws ScriptError when the script cannot be read or used
   */
  static load(scriptfile = ''): string {
    const { keywords } = engine_of(load(scriptfile));
    try {
      for (const { rules } of keywords.values()) for (const { match } of rules) match('', '');
      const bot = new Eliza({ scriptfile });
      for (let i = 0; i < 8; i++) for (const line of WARM_UP) bot.transform(line);
    } catch (error) {
      if (!(error instanceof Error)) throw error; // a rule that is not complete: conversations that come to it will say so
    }
    return scriptfile;
  }
}

/** `$1` to `$9`, each after a blank. */
function nine(captures: readonly string[]): string {
  let text = '';
  for (let i = 0; i < 9; i++) text += ` ${captures[i] ?? ''}`;
  return text;
}
