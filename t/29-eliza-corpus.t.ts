/**
 * What a student learns here: how to hold a bot's manners. Hundreds of everyday lines are said to each doctor, so often
 * that every answer to each is heard, and what is always wrong in an answer is looked for in all of them.
 */
import t from 'tap';
import { Eliza, random } from '../Chatbot/Eliza.ts';
import { answer, corpus, LANGUAGES, page, script_of, written, type Language } from '../tools/transcript.ts';
import { faults, wrong } from './wrong-replies.ts';

const TIMES = 40; // more than any rule has answers, twice over

/** A bot that says the same in every run. */
function doctor(language: Language, memory_on = false): Eliza {
  return new Eliza({ scriptfile: script_of(language), myrand: random(29), memory_on });
}

/** Typed as a word processor types it. */
function curly(line: string): string {
  return line.replaceAll("'", '’').replace(/"([^"]*)"/g, '“$1”');
}

/** And back. */
function straight(line: string): string {
  return line.replaceAll('’', "'").replace(/[“”]/g, '"');
}

for (const language of LANGUAGES) {
  const sections = corpus(language);
  const name = script_of(language);
  const takes_leave = (line: string): boolean => doctor(language)._testquit(Buffer.from(line, 'utf8').toString('latin1'));
  const everything = sections.flatMap((section) => section.lines);
  const lines = everything.filter((line) => !takes_leave(line));

  void t.test(`${name}: the checker finds what it looks for`, (t) => {
    for (const { what, wrong, examples, fine = [] } of faults(language)) {
      t.not(examples.length, 0, `${what}: there is an example`);
      for (const [line, reply] of examples) t.ok(wrong(reply, line), `${what}: ${JSON.stringify(reply)}`);
      for (const [line, reply] of fine) t.notOk(wrong(reply, line), `not ${what}: ${JSON.stringify(reply)}`);
    }
    t.end();
  });

  void t.test(`${name}: the corpus`, (t) => {
    t.ok(lines.length >= 300, `${lines.length} lines`);
    t.same(everything.filter((line, i) => everything.indexOf(line) !== i), [], 'no line twice');
    const early = sections.slice(0, -1).flatMap((section) => section.lines).filter(takes_leave);
    t.same(early, [], 'no line ends the conversation before the last section');
    t.ok(sections.at(-1)?.lines.some(takes_leave), 'where some do');
    t.end();
  });

  void t.test(`${name}: nothing is wrong in any answer to any line`, (t) => {
    const found: string[] = [];
    for (const line of lines) {
      const bot = doctor(language);
      const replies = new Set(Array.from({ length: TIMES }, () => answer(bot, line)));
      for (const reply of replies) found.push(...wrong(language, line, reply).map((what) => `${what}: ${line} → ${reply}`));
    }
    t.same(found, [], 'no answer has a fault');
    t.end();
  });

  void t.test(`${name}: nor when a line comes back from memory`, (t) => {
    const found: string[] = [];
    let pulled = 0;
    for (const line of lines) {
      const bot = doctor(language, true);
      for (let turn = 0; turn < 10; turn++) {
        answer(bot, line);
        if (bot.memory.length === 0) break;
        const reply = answer(bot, 'qwertz');
        pulled++;
        found.push(...wrong(language, line, reply).map((what) => `${what}: ${line} → ${reply}`));
      }
    }
    t.same(found, [], 'no answer from memory has a fault');
    t.ok(pulled >= 100, `${pulled} lines came back`);
    t.end();
  });

  void t.test(`${name}: a curly apostrophe counts as a straight one`, (t) => {
    const quoted = lines.filter((line) => curly(line) !== line);
    for (const line of [...quoted, ...lines.slice(0, 50).map((line) => `"${line}"`)]) {
      t.equal(straight(answer(doctor(language), curly(line))), answer(doctor(language), line),
        `the same answer to ${curly(line)}`);
    }
    t.end();
  });

  void t.test(`${name}: the conversation in docs/ is what it says today`, (t) => {
    t.equal(written(language), page(language), 'the page is current; if not: node tools/transcript.js');
    t.end();
  });
}
