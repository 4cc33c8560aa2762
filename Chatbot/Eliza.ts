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
import { type IO_Handle, STDIN, STDOUT } from '../perl/IO/Handle.ts';
import { $ } from '../perl/perlvar.ts';
import { can_rehearse, LINES, ROUNDS } from '../perl/rehearsal.ts';
import { circle, TooManyGotos } from './Circle.ts';
import { candidates, compile, normalize, rank_of, replace_words, type Engine, type Keyword } from './Engine.ts';
import { lower, pattern, PatternError, split } from './Pattern.ts';
import {
  add, check, empty, fail, goto_of, last_line, load, parse, program, ScriptError, type Script, type ScriptData,
} from './Script.ts';

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
  /** How the last reply was found. */
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

/**
 * A test for the end of a conversation.
 *
 * @param this the bot
 * @param string what the user said; undefined at the end of input
 * @returns whether that ends it
 */
export type Testquit = (this: Eliza, string?: string) => boolean;

/** What the constructor takes: any data member. */
export type Options = Partial<Fields & ScriptData> & {
  /** The script itself, one byte a character or as Script.ts reads it, where there is no file to read it from. */
  script?: string | Script;
  /** Another test for the end of a conversation. */
  _testquit?: Testquit;
};

const engines = new WeakMap<Script, Engine>();

/** How a line is understood, sentence by sentence: the variables of transform. */
interface State {
  engine: Engine;
  /** The rank of the keyword that answers so far. */
  rank: number;
  /** The answer so far. */
  reasmb: string;
  /** Keyword, `$;` and decomposition rule that it came from. */
  reasmbkey: string;
  /** The keyword of the last `goto`. */
  goto: string;
  /** Given when the line comes from memory. */
  readonly use_memory: string | boolean | undefined;
}

/**
 * How many gotos a line may go through. Circles that can be foreseen are refused; a script that comes to as many without
 * being one would keep the Perl busy for minutes with a single line, since it copies its debug text at each.
 */
const MOST_GOTOS = 100_000;

/** The same for a line that a script is tried with: more than any but a circle goes through. */
const MOST_TRIED = 1000;

function warn(warning: string): void {
  console.warn(warning.trimEnd());
}

/** Perl's `@{ undef }`, which a script without the list in question comes to. */
function no_array(): never {
  throw new ScriptError("Can't use an undefined value as an ARRAY reference\n");
}

/** The members that the script fills. */
const MEMBERS = Object.keys(empty()) as (keyof ScriptData)[];

/** What JavaScript and Node ask any object for: await, JSON, and util.inspect, which wants to know whether it is a URL. */
const ASKED = new Set(['then', 'toJSON', 'href', 'protocol', 'inspect']);

/** Where a property is looked for that neither a bot nor its class has; what every object has, it has too. */
const AUTOLOAD = new Proxy({}, {
  get: (target, field): unknown => {
    if (typeof field === 'symbol' || field in target) return Reflect.get(target, field);
    return ASKED.has(field) ? undefined : refuse(field);
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
  #myrand: Rand = rand; // a function is no data: what copies a bot (structuredClone) must not meet one
  #gotos = 0;
  #most_gotos = MOST_GOTOS;
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
      const { script, _testquit, ...members } = param1;
      Object.assign(this, members);
      if (_testquit) Object.defineProperty(this, '_testquit', { value: _testquit, writable: true, configurable: true });
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

  /** Where chance comes from. */
  get myrand(): Rand {
    return this.#myrand;
  }

  /**
   * Sets it.
   *
   * @param myrand where chance comes from
   */
  set myrand(myrand: Rand) {
    this.#myrand = myrand;
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
   * before it again; `memory` shows what is remembered, `debug that` how the last reply was found.
   *
   * Each turn is one write. It ends at a quit word, at the end of input, and when the other side has gone.
   *
   * Mirrors `command_interface`, Eliza.pm:420-499.
   *
   * @param input whom it listens to
   * @param output whom it talks to
   */
  command_interface(input = STDIN, output = STDOUT): void {
    let user_input = '';

    this.botprompt = `${this.name}:\t`;
    this.userprompt = 'you:\t';
    const prompt = (which: 'botprompt' | 'userprompt'): string => this.prompts_on ? this[which] : '';

    const pid = $['$'];
    srand(Math.floor(Date.now() / 1000) ^ (pid + (pid << 15)));

    let out = `${prompt('botprompt')}${this.#pick(this.initial)}\n`;
    for (;;) {
      if (!output.print(out, prompt('userprompt'))) return;

      const previous_user_input = user_input;
      // What a user types goes nowhere but into the reply, so all of it is clean (erratum 28: the Perl leaves it
      // tainted, and its sprintf then ends the conversation). CRLF ends a line as LF does (erratum 33).
      const string = input.getline()?.match(/^([^\n]*?)\r?\n?$/)?.[1];

      if (this._testquit(string)) {
        output.print(prompt('botprompt'), this.#pick(this.final), '\n');
        return;
      }
      user_input = string ?? '';

      if (user_input === 'debug') {
        this.debug = !this.debug;
        user_input = previous_user_input;
      }
      out = this.#debug_command(user_input) ?? this.#respond(user_input, prompt('botprompt'));
    }
  }

  /** What is shown to whoever asks how the bot thinks; undefined when the line does not. */
  #debug_command(user_input: string): string | undefined {
    if (user_input === 'memory' || user_input === 'debug memory') return this._debug_memory();
    return user_input === 'debug that' ? this.debug_text : undefined;
  }

  /** The reply to a line, after its debug text where that is wanted. */
  #respond(user_input: string, prompt: string): string {
    const reply = this.transform(user_input);
    return `${this.debug ? this.debug_text : ''}${prompt}${reply}\n`;
  }

  /** A greeting or a farewell: nothing, where the script has none. */
  #pick(list: readonly string[]): string {
    return list[Math.floor(this.myrand(list.length))] ?? '';
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
    this.#gotos = 0;
    let reply: string;
    try {
      reply = this.#reply(string, use_memory);
    } catch (error) {
      if (!(error instanceof TooManyGotos)) throw error;
      warn(`${program()}: ${error.message}, for the line: ${string}\n`);
      reply = this.#pick(this.initial) || '...'; // erratum 43
    }
    return this.transform_text = reply.replace(/ {2,}/g, ' ').replace(/ \?(?=\n?$)/, '?');
  }

  /** Lines 842-861: where no rule answers, a line from memory is taken in place of this one, or xnone answers. */
  #reply(string: string, use_memory?: string | boolean): string {
    let reply = this.#transform_once(string, use_memory);
    while (reply === '') {
      this.#count('xnone', 'xnone', false);
      reply = this.memory.length > 0 && this.myrand(1) >= 1 - this.likelihood_of_using_memory
        ? this.#transform_once(this.memory.shift() ?? '', 'use memory')
        : this.#transform_once('xnone');
    }
    return reply;
  }

  /** Lines 684-711 and 863-888: goes through the sentences of a line, and remembers it. */
  #transform_once(string: string, use_memory?: string | boolean): string {
    this.debug_text = use_memory ? `\t[Pulling string "${string}" from memory.]\n` : '';
    const state: State = { engine: this.#ready(), rank: -2, reasmb: '', reasmbkey: '', goto: '', use_memory };

    string = normalize(state.engine, string);
    for (const string_part of split(string, '.')) {
      const low = lower(string_part);
      for (const keyword of candidates(state.engine, string_part, low, state.goto)) {
        // A goto goes on with another keyword, in place of this one.
        let next: Keyword | undefined = keyword;
        while (next && state.rank < next.rank) next = this.#decompose(next, state, string_part, low);
      }
    }

    if (state.reasmb !== '' && this.memory_on) {
      if (this.#remembers(state.reasmbkey) && use_memory === undefined) this.memory.push(string);
      if (this.memory.length > this.max_memory_size) this.memory.shift();
      this.debug_text += `\t${this.memory.length} item(s) in memory.\n`;
    }
    return state.reasmb;
  }

  /** Lines 726-797: tries a keyword's rules on a sentence; the result is the keyword of a `goto`, if it comes to one. */
  #decompose({ word, rank, shown, rules }: Keyword, state: State, string_part: string, low: string): Keyword | undefined {
    // The rank counts from here on, even if none of the rules matches.
    state.rank = rank;
    this.debug_text += `\t${shown}> ${word}`;

    for (const { decomp, key, match } of rules) {
      const decomp_matches = match(string_part, low);
      this.debug_text += `\n\t\t: ${decomp}${decomp_matches ? ` : 0${nine(decomp_matches)}` : ''}\n`;
      if (!decomp_matches) continue;
      state.reasmbkey = key;
      state.reasmb = this._get_next_reasmb(key, state.use_memory !== undefined && this.#remembers(key));
      this.debug_text += `\t\t-->  ${state.reasmb}\n`;

      const target = goto_of(state.reasmb);
      if (target !== undefined) return this.#goto(target, state, string_part);
      state.reasmb = this.#reassemble(state.reasmb, decomp_matches);
      return undefined;
    }
    return undefined;
  }

  /** Lines 778-783. A keyword nobody knows is made one: Perl's `foreach (@{ $hash{$key} })` does so. */
  #goto(target: string, state: State, string_part: string): Keyword | undefined {
    this.debug_text += `$1 = ${target}\n`;
    this.#count(target, string_part, state.use_memory !== undefined);
    state.goto = target;
    state.rank = -2;
    if (!state.engine.keywords.has(target) && rank_of(this.#data.keyranks.get(target) ?? '') > -2) {
      state.engine = this.#vivify(target);
    }
    return state.engine.keywords.get(target);
  }

  /** Counts the gotos of a line, and the times it begins again. */
  #count(word: string, string_part: string, memory: boolean): void {
    if (++this.#gotos > this.#most_gotos) throw new TooManyGotos(word, string_part, memory);
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

  /** Makes a keyword without a rule. It is looked for from the next sentence on. */
  #vivify(word: string): Engine {
    const ready = this.#engine !== undefined; // then no program has a member of this bot in its hands
    this.decomplist.set(word, []);
    const engine = compile(this.#data);
    if (ready) this.#engine = engine;
    return engine;
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
   * @param script its text, or what Script.ts has read, where there is no file to read
   * @throws ScriptError when it cannot be read or used
   */
  parse_script_data(scriptfile = '', script?: string | Script): void {
    const text = script ?? load(scriptfile);
    const parsed = typeof text === 'string' ? parse(text, scriptfile || 'script') : text;
    this.scriptfile = scriptfile;
    if (this.#engine === undefined && this.#own.size === 0) {
      this.#engine = Eliza.#engine_of(parsed);
      this.#data = parsed.data;
      return;
    }
    for (const member of MEMBERS) this.#mine(member);
    add(this.#data, parsed.data);
    Eliza.#engine_of({ ...parsed, data: this.#data });
  }

  /** Checks and compiles a script, once a process. */
  static #engine_of(script: Script): Engine {
    let engine = engines.get(script);
    if (engine) return engine;
    const warning = check(script, script.data);
    engines.set(script, engine = compile(script.data)); // for the bots that try it
    try {
      Eliza.#refuse_circles(script, engine);
    } catch (error) {
      engines.delete(script);
      throw error;
    }
    if (warning !== undefined) warn(warning);
    return engine;
  }

  /** Refuses a script that some line is known to send round for ever; see Circle.ts. */
  static #refuse_circles(script: Script, engine: Engine): void {
    const { data, file, entries } = script;
    const round = circle(engine, data, (lines) => new Eliza({ script }).#try_lines(lines));
    if (round) {
      const { rules, line } = round;
      const place = entries.find(({ type, keyword, decomp, text }) => (type === 'reasmb' || type === 'reasm_for_memory')
        && rules.get(keyword)?.decomp === decomp && rules.has(goto_of(text) ?? ' '));
      const words = [...data.decomplist.keys()].filter((word) => rules.has(word));
      fail(`goto circle: ${words.join(', ')}, for the line: ${line}`, file, place?.line ?? last_line(script));
    }
    if (!new Eliza({ script }).#never_answers()) return;
    const why = data.decomplist.has('xnone')
      ? 'key xnone has no answer to xnone'
      : 'no key xnone, which answers when nothing else does';
    fail(why, file, last_line(script));
  }

  /** Says lines to a bot whose script is being tried, and returns where one of them came to too many gotos. */
  #try_lines(lines: readonly string[]): TooManyGotos | undefined {
    this.#most_gotos = MOST_TRIED;
    try {
      for (const line of lines) {
        this.#gotos = 0;
        this.#reply(line);
      }
    } catch (error) {
      if (error instanceof TooManyGotos) return error;
      if (!(error instanceof ScriptError || error instanceof PatternError)) throw error; // as the Perl dies
    }
    return undefined;
  }

  /** Whether a new bot has no answer to xnone: after so many empty ones its counts are where they were once before. */
  #never_answers(): boolean {
    this.#most_gotos = MOST_TRIED;
    const seen = new Set<string>();
    try {
      while (this.#transform_once('xnone') === '' && seen.size < MOST_TRIED) {
        const counts = JSON.stringify([...this.#next.reasmblist, ...this.#data.decomplist.keys()]);
        if (seen.has(counts)) return true;
        seen.add(counts);
      }
    } catch (error) {
      if (!(error instanceof TooManyGotos || error instanceof ScriptError || error instanceof PatternError)) throw error;
    }
    return false;
  }

  /** Mirrors `DESTROY`, Eliza.pm:1129-1129, which does nothing but be there, so that AUTOLOAD is not asked. */
  DESTROY(): void {
    // nothing to do
  }

  /**
   * Reads and checks a script once a process: bots made of it later need no file, as under chroot. From then on there is a
   * conversation to rehearse, so that children inherit what it takes: the patterns of all rules, compiled some at a time, and
   * what a conversation calls, unless the program has replaced a method.
   *
   * @param scriptfile its file; '' for the default script
   * @returns the same name, to make bots with
   * @throws ScriptError when the script cannot be read or used
   */
  static load(scriptfile = ''): string {
    const { keywords } = Eliza.#engine_of(load(scriptfile));
    const rules = [...keywords.values()].flatMap((keyword) => keyword.rules);
    const share = Math.ceil(rules.length / ROUNDS); // before the last rehearsal all are compiled
    let talks: boolean | undefined;
    can_rehearse((input, output) => {
      for (const { match } of rules.splice(0, share)) match('', '');
      if (!is_ours()) return;
      talks ??= Eliza.#can_talk(scriptfile);
      if (talks) Eliza.#rehearse(scriptfile, input, output);
    });
    return scriptfile;
  }

  /** Whether a bot gets through the lines of a rehearsal: no circle, and no rule that is not complete. */
  static #can_talk(scriptfile: string): boolean {
    const bot = new Eliza({ scriptfile });
    if (bot.#try_lines(LINES)) return false;
    try {
      for (const line of LINES) bot.transform(line);
      return true;
    } catch {
      return false; // conversations that come to it will say why
    }
  }

  /** Holds a conversation as a child does, with a test of its own for the end. */
  static #rehearse(scriptfile: string, input: IO_Handle, output: IO_Handle): void {
    const before = current;
    const _testquit: Testquit = function (string) { return Eliza.prototype._testquit.call(this, string); };
    new Eliza({ scriptfile, _testquit }).command_interface(input, output);
    current = before;
  }
}

const methods = Object.entries(Object.getOwnPropertyDescriptors(Eliza.prototype));

/** Whether the class is as it is here: a program may give it methods of its own, as the Perl gives its bot a sub. */
function is_ours(): boolean {
  return methods.every(([name, { value, get }]) => {
    const now = Object.getOwnPropertyDescriptor(Eliza.prototype, name);
    return now?.value === value && now?.get === get;
  });
}

/** `$1` to `$9`, each after a blank. */
function nine(captures: readonly string[]): string {
  let text = '';
  for (let i = 0; i < 9; i++) text += ` ${captures[i] ?? ''}`;
  return text;
}
