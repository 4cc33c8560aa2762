/**
 * Many conversations at once, all silent.
 */
import { children, memory } from '../../tools/common/processes.ts';
import { Client } from '../../tools/common/network.ts';
import { progress } from '../../tools/common/terminal.ts';
import { daemon, type Part, spread } from './common.ts';
import type { Settings } from './settings.ts';

/** Many conversations at once, all silent; then each is spoken to. */
export async function idle({ idle }: Settings): Promise<Part> {
  const { port, pid } = await daemon({ ELIZA_CONVERSATIONS: String(idle), ELIZA_PER_ADDRESS: String(idle) });
  const clients: Client[] = [];
  while (clients.length < idle) {
    clients.push(await Client.greeted(port));
    progress(`idle: ${clients.length} of ${idle} open`);
  }
  const talking = children(pid());
  const pss = talking.map((child) => memory(child, 'Pss'));
  const dirty = talking.map((child) => memory(child, 'Private_Dirty'));
  const answers = await Promise.all(clients.map(async (client) => {
    const before = performance.now();
    await client.say('Are you still there?');
    return performance.now() - before;
  }));
  const said = await Promise.all(clients.map((client) => client.bye()));
  const whole = said.filter((text) => /^(?:Eliza:\t[^\n]+\nyou:\t){2}Eliza:\t[^\n]+\n$/.test(text)).length;
  return {
    rows: {
      'conversations at once': talking.length,
      'that answered when spoken to, all at once': whole,
      'after': spread(answers, 'ms'),
      'a conversation\'s Pss': spread(pss, 'kB'),
      'a conversation\'s private dirty memory': spread(dirty, 'kB'),
      'Pss of daemon and conversations together':
        `${((pss.reduce((a, b) => a + b, 0) + memory(pid(), 'Pss')) / 1024).toFixed(0)} MB`,
    },
    promises: { 'all are open at once': talking.length === idle, 'all answer': whole === idle },
  };
}
