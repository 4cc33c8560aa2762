/**
 * What a student learns here: how to use the bot in a program of one's own. The examples are those of
 * Chatbot::Eliza's documentation, said in TypeScript.
 */
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, inspect } from 'node:util';
import t from 'tap';
import { Eliza, random } from '../Chatbot/Eliza.ts';
import { folder } from './harness.ts';

const SCRIPT = `
initial: Hello.
final: Goodbye.
quit: bye
pre: dont don't
post: my your
synon: pet dog cat
key: xnone -1
  decomp: *
    reasmb: Go on.
key: my 2
  decomp: * my @pet *
    reasmb: Your (2) (3) ?
  decomp: * my *
    reasmb: Your (2) ?
    reasm_for_memory: Back to your (2).
key: A 1
  decomp: *
    reasmb: one
    reasmb: two
    reasmb: three
`;
const dir = folder(t);
const file = join(dir, 'myscript.txt');
writeFileSync(file, SCRIPT);

void t.test('making a bot', (t) => {
  t.equal(new Eliza().name, 'Eliza', 'a bot without a name is called Eliza');
  t.equal(new Eliza().scriptfile, '', 'the default script has no name');
  t.match(new Eliza().initial, ["Please tell me what's been bothering you."], 'and greets from doctor.txt');

  const ahmad = new Eliza('Ahmad', file);
  t.equal(ahmad.name, 'Ahmad', 'the first argument is its name');
  t.equal(ahmad.scriptfile, file, 'the second its script');
  t.same(ahmad.quit, ['bye'], 'whose quit words it has');

  const brian = new Eliza({ name: 'Brian', scriptfile: file, debug: true, prompts_on: false, memory_on: false });
  t.match(Object.assign({}, brian), { name: 'Brian', debug: true, prompts_on: false, memory_on: false },
    'fields can be given by name');

  t.equal(new Eliza({ script: SCRIPT }).transform('my dog barks'), 'Your dog barks?', 'a script given as text');
  t.ok(new Eliza('Elisa', 'doctor.es.txt').quit.includes('chao'), 'a bare name is looked for beside the module');
  t.end();
});

void t.test('data members', (t) => {
  const bot = new Eliza('Eliza', file);
  t.equal(bot.keyranks.get('my'), '2', 'ranks are as the script writes them');
  t.same(bot.decomplist.get('my'), ['* my @pet *', '* my *'],
    'the decomposition rules of a keyword, in the order of the script');
  t.same(bot.reasmblist.get('my\x1c* my *'), ['Your (2) ?'], 'the reassembly rules of a decomposition rule');
  t.same(bot.reasmblist_for_memory.get('my\x1c* my *'), ['Back to your (2).'], 'those for memory apart');
  t.equal(bot.pre.get('dont'), "don't", 'a word that is replaced before');
  t.equal(bot.post.get('my'), 'your', 'and one after');
  t.same(bot.synon.get('pet'), ['dog', 'cat'], 'the synonyms of a word');
  t.same([bot.initial, bot.final, bot.quit], [['Hello.'], ['Goodbye.'], ['bye']], 'greetings, farewells, quit words');
  t.match(Object.assign({}, bot), {
    debug: false, debug_text: '', transform_text: '', prompts_on: true, memory_on: true, botprompt: '', userprompt: '',
    max_memory_size: 5, likelihood_of_using_memory: 1, memory: [],
  }, 'the other fields have the defaults of the Perl');
  t.ok(bot.myrand(10) < 10, 'a random number is below what was asked for');

  bot.reasmblist.set('my\x1c* my *', ['Mine ?']);
  bot.decomplist.get('my')?.shift();
  t.equal(bot.transform('my dog'), 'Mine?', 'what a program changes counts from the next line on');
  t.equal(new Eliza('Eliza', file).transform('my dog'), 'Your dog?', 'and for this bot alone');
  bot.quit = ['adios'];
  t.same([bot._testquit('adios'), bot._testquit('bye')], [true, false],
    'other quit words end a conversation, the old ones no longer');
  t.end();
});

/* eslint-disable @typescript-eslint/no-misused-spread -- that is what is tried here */
void t.test('a bot is shown, copied and sent like any object', async (t) => {
  const bot = new Eliza('Eliza', file);
  bot.transform('my house');
  for (const showProxy of [false, true]) {
    for (const customInspect of [false, true]) {
      t.match(inspect(bot, { showProxy, customInspect, showHidden: true }), /^Eliza \{[^]*name: 'Eliza'/, 'inspect');
    }
  }
  t.match(format('%s %o %O %j', bot, bot, bot, bot), /memory: \[ 'my house' \]/, 'console.log');
  t.match(JSON.parse(JSON.stringify(bot)), { name: 'Eliza', memory: ['my house'] }, 'JSON');
  t.match({ ...bot }, { name: 'Eliza', memory: ['my house'] }, 'spread');
  t.equal(new Eliza({ ...bot, scriptfile: file }).transform('my cat'), 'Your cat?', 'which makes another bot');
  t.match(structuredClone(bot), { name: 'Eliza', memory: ['my house'] }, 'structuredClone');
  t.match(structuredClone(new Eliza({ script: SCRIPT, myrand: () => 0, _testquit: () => true })), { name: 'Eliza' },
    'with chance and an end of its own');
  t.equal(await Promise.resolve(bot), bot, 'await');
  const url = JSON.stringify(new URL('../Chatbot/Eliza.js', import.meta.url).href);
  const preload = `data:text/javascript,globalThis.Eliza=(await import(${url})).Eliza`;
  const { stdout } = spawnSync(process.execPath, ['--import', preload, '--interactive'], {
    input: 'new Eliza("Ahmad")\nbot = new Eliza("Brian")\n', encoding: 'utf8',
  });
  t.match(stdout, /Eliza \{\s+name: 'Ahmad'[^]*Eliza \{\s+name: 'Brian'/, 'typed in the REPL');
  t.notMatch(stdout, /Uncaught/, 'without an error');
});
/* eslint-enable @typescript-eslint/no-misused-spread */

void t.test('an unknown field is refused', (t) => {
  const bot: object = new Eliza();
  t.throws((): unknown => Reflect.get(bot, 'x'), { message: "Can't access `x' field in object of class Chatbot::Eliza" },
    'reading one dies, in the words of the Perl');
  t.throws(() => Reflect.set(bot, 'x', 1), { message: "Can't access `x' field in object of class Chatbot::Eliza" },
    'so does writing one');
  t.throws(() => new Eliza({ name: 'Brian', ...JSON.parse('{"colour":"red"}') as object }), { message: /`colour' field/ },
    'and giving one to new');
  t.end();
});

void t.test('replies and what is behind them', (t) => {
  const bot = new Eliza('Eliza', file);
  t.equal(bot.transform('My cat sleeps, but I dont'), 'Your cat sleeps?', 'the reply is made of what was said');
  t.equal(bot.transform_text, 'Your cat sleeps?', 'transform_text has it too');
  t.equal(bot.debug_text,
    '\t2> my\n\t\t: * my @pet * : 0  cat  sleeps      \n\t\t-->  Your (2) (3) ?\n\t0 item(s) in memory.\n',
    'debug_text has the keyword, its rank and both rules');
  t.equal(bot.transform('my house is old'), 'Your house is old?', 'a line that a rule for memory fits is answered');
  t.same(bot.memory, ['my house is old'], 'and remembered');
  t.equal(bot._debug_memory(), '\t1 item(s) in memory stack:\n\t\t->my house is old\n', 'the text that `debug memory` shows');
  t.equal(bot.transform('...'), 'Back to your house is old.', 'a line without a keyword is answered from memory');
  t.match(bot.debug_text, /^\t\[Pulling string "my house is old" from memory\.\]\n/, 'debug_text says so');
  t.same(bot.memory, [], 'what was pulled is gone');
  t.equal(bot.transform('...'), 'Go on.', 'with nothing in memory xnone answers');
  t.equal(bot.transform('my house is old', 'use memory'), 'Back to your house is old.', 'the flag of transform');
  t.same(bot.memory, [], 'a line that is answered from memory is not remembered');

  for (let i = 1; i <= 7; i++) bot.transform(`my ${i}`);
  t.same(bot.memory, ['my 3', 'my 4', 'my 5', 'my 6', 'my 7'], 'the oldest lines make room');
  t.equal(bot.preprocess('we dont'), "we don't", 'preprocess replaces the words of `pre:`');
  t.equal(bot.postprocess('my own'), 'your own', 'postprocess those of `post:`');
  t.end();
});

void t.test('memory is a matter of likelihood', (t) => {
  const bot = new Eliza({ script: SCRIPT, likelihood_of_using_memory: 0.25, myrand: () => 0.74 });
  bot.transform('my house');
  t.equal(bot.transform('...'), 'Go on.', '0.74 is not above 1 - 0.25: no memory');
  bot.myrand = () => 0.75;
  t.equal(bot.transform('...'), 'Back to your house.', '0.75 is: memory answers');
  t.end();
});

void t.test('a second script is added to the first', (t) => {
  const bot = new Eliza('Eliza', file);
  bot.parse_script_data('', 'pre: house dog\nsynon: pet fish\nkey: my 9\n decomp: * my *\n reasmb: Really ?\nquit: stop\n');
  t.equal(bot.keyranks.get('my'), '9', 'the later rank of a keyword counts');
  t.same(bot.decomplist.get('my'), ['* my @pet *', '* my *', '* my *'], 'its rules come after the first script’s');
  t.same(bot.reasmblist.get('my\x1c* my *'), ['Your (2) ?', 'Really ?'], 'a rule that both have has the answers of both');
  t.same(bot.quit, ['bye', 'stop'], 'the quit words are those of both');
  t.equal(bot.transform('my fish'), 'Your fish?', 'the new synonyms');
  t.equal(bot.transform('my house'), 'Really?', 'and the new words; the last rule comes first');
  t.same(new Eliza('Eliza', file).quit, ['bye'], 'other bots of the first script do not know');
  t.end();
});

void t.test('a script is read once a process', (t) => {
  const gone = join(dir, 'gone.txt');
  writeFileSync(gone, SCRIPT);
  t.equal(Eliza.load(gone), gone, 'load says the name of what it has read');
  rmSync(gone);
  t.equal(new Eliza({ scriptfile: gone }).transform('my cat'), 'Your cat?', 'a bot is made of a file that is gone by now');
  t.end();
});

void t.test('_testquit can be redefined, as eliza_hup.pl does', (t) => {
  const original = Eliza.prototype._testquit;
  t.teardown(() => { Eliza.prototype._testquit = original; });
  Eliza.prototype._testquit = function (this: Eliza, string?: string) {
    return string === this.name;
  };
  t.equal(new Eliza('Ahmad')._testquit('Ahmad'), true, 'the method of the program’s own decides');
  t.end();
});

void t.test('or given to one bot alone', (t) => {
  const bot = new Eliza({
    script: SCRIPT,
    _testquit(string) {
      return string === this.name;
    },
  });
  t.same([bot._testquit('Eliza'), bot._testquit('bye')], [true, false], 'it is called as a method of the bot');
  t.equal(new Eliza({ script: SCRIPT })._testquit('bye'), true, 'others know nothing of it');
  t.end();
});

void t.test('words without synonyms', (t) => {
  const bot = new Eliza({ script: `${SCRIPT}synon: thing\nkey: a 5\n decomp: * a @thing *\n reasmb: <(2)|(3)>\n` });
  t.equal(bot.transform('a thing or two'), '<thing| or two>', 'count for themselves');
  t.equal(bot.transform('a dog barks'), '<|dog barks>', 'and for nothing');
  t.end();
});

void t.test('a goto to a keyword that has a rank and no rules', (t) => {
  const script = `${SCRIPT}key: b 5\nkey: c 3\n decomp: *\n reasmb: goto b\nkey: d 4\n decomp: *\n reasmb: d\n`;
  t.equal(new Eliza({ script }).transform('c. d'), 'goto b', 'leaves its rank behind, which d does not reach');
  t.end();
});

void t.test('chance', (t) => {
  const draw = (seed: number): number[] => Array.from({ length: 5 }, random(seed).bind(undefined, 100));
  t.same(draw(42), draw(42), 'the same seed, the same row');
  t.notSame(draw(42), draw(43), 'another seed, another row');
  t.ok(draw(7).every((number) => number >= 0 && number < 100), 'each number from 0 on, below 100');
  t.end();
});

void t.test('a browser has no process, and needs none', (t) => {
  const program = `
    delete globalThis.process;
    const { Eliza } = await import(${JSON.stringify(new URL('../Chatbot/Eliza.js', import.meta.url).href)});
    console.log(new Eliza({ script: ${JSON.stringify(SCRIPT)} }).transform('my cat'));
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  t.same([stdout, stderr], ['Your cat?\n', ''], 'she answers');
  t.end();
});
