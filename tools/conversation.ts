/**
 * Writes docs/conversation.md: the user's half of the conversation of 1966, and what our doctors say to it.
 *
 * @module
 */
import { writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { Eliza, random } from '../Chatbot/Eliza.ts';

/** What the patient said: Joseph Weizenbaum, ELIZA, Communications of the ACM 9 (1966), number 1, page 36. */
const PATIENT = `\
Men are all alike.
They're always bugging us about something or other.
Well, my boyfriend made me come here.
He says I'm depressed much of the time.
It's true. I am unhappy.
I need some help, that much seems certain.
Perhaps I could learn to get along with my mother.
My mother takes care of me.
My father.
You are like my father in some ways.
You are not very aggressive but I think you don't want me to notice that.
You don't argue with me.
You are afraid of me.
My father is afraid of everybody.
Bullies.`;

/** The same in Spanish. */
const PACIENTE = `\
Los hombres son todos iguales.
Siempre nos están fastidiando con una cosa o con otra.
Bueno, mi novio me hizo venir aquí.
Dice que estoy deprimida casi todo el tiempo.
Es verdad. Estoy triste.
Necesito ayuda, eso parece seguro.
Quizás podría aprender a llevarme bien con mi mamá.
Mi mamá me cuida.
Mi papá.
Eres como mi papá en algunas cosas.
No eres muy agresivo, pero creo que no quieres que lo note.
No discutes conmigo.
Tú me tienes miedo.
Mi papá tiene miedo de todos.
Abusones.`;

/** A transcript; the bot's world is bytes, the page's UTF-8. */
function transcript(scriptfile: string, patient: string): string {
  const bot = new Eliza({ scriptfile, myrand: random(1966) });
  const exchanges = patient.split('\n').map((line) => {
    const reply = bot.transform(Buffer.from(line, 'utf8').toString('latin1'));
    return `${line}\n    ${Buffer.from(reply, 'latin1').toString('utf8')}\n`;
  });
  return `\`\`\`text\n${exchanges.join('\n')}\`\`\`\n`;
}

/**
 * Has the conversations.
 *
 * @returns the page, in Markdown
 */
export function page(): string {
  return `\
# The conversation of 1966

In 1966 Joseph Weizenbaum published a conversation with his ELIZA. Here is the patient's half of it, and what the doctors
of this project answer: every reply comes from a run, and \`npm run docs\` writes this page again.

Three things to look for. What the patient says of her own comes back when she falls silent (\`Bullies.\`): that is the
memory. Of two keywords the one of higher rank is taken: \`like\` (10) before \`my\` (2). And \`but\` ends a sentence: of
two the first one with the best keyword is answered.

## doctor.txt

${transcript('doctor.txt', PATIENT)}
## doctor.es.txt

${transcript('doctor.es.txt', PACIENTE)}`;
}

if (argv[1]?.endsWith('conversation.js')) writeFileSync(new URL('../docs/conversation.md', import.meta.url), page());
