/**
 * A flood from one address that has no place left, and honest clients of another beside it.
 */
import type { Daemon } from '../../tools/common/daemon.ts';
import { Client } from '../../tools/common/network.ts';
import { pause, until } from '../../tools/common/processes.ts';
import { progress } from '../../tools/common/terminal.ts';
import { all_complete, daemon, honest_talks, of_the_log, type Part, said, talk } from './common.ts';
import type { Settings } from './settings.ts';

/** The address that floods. The honest ones have the kernel's choice, 127.0.0.1. */
const FLOOD = '127.0.0.2';

const UNDISTURBED = /^Eliza:\t[^\n]+\nyou:\tEliza:\t[^\n]+\n$/;
const FULL = 'Eliza:\tI have too many patients just now, please try again later.\n';

/** One client more. @returns whether it was told that there is no room, and no more than that */
async function is_told(port: number): Promise<boolean> {
  const client = await Client.open(port, FLOOD);
  await client.end();
  client.destroy();
  return client.text === FULL;
}

/**
 * Clients beyond the rate of the log are counted in one line of it, which comes with the first client of a later second.
 *
 * @param clients how many there have been
 * @returns whether the log accounts for each of them, and for those that come now
 */
function accounts_for(clients: number, { port, log }: Daemon): Promise<boolean> {
  let all = clients;
  return until('a line about the last second', async () => {
    await talk(port);
    all++;
    await pause(100);
    const { accepted, refused, unlogged } = said(log());
    return accepted + refused + unlogged === all;
  }).catch(() => false);
}

/** The part: the flood's places are taken by clients that say nothing until it is over. */
export async function flood({ flood, crowd, honest }: Settings): Promise<Part> {
  const places = Math.max(15, 2 * honest);
  const server = await daemon({ ELIZA_CONVERSATIONS: String(2 * places), ELIZA_PER_ADDRESS: String(places) });
  const { port } = server;
  const silent: Client[] = [];
  while (silent.length < places) silent.push(await Client.greeted(port, FLOOD));
  let [begun, ended, told] = [0, 0, 0];
  const come = async (): Promise<void> => {
    for (; begun++ < flood; ended++) if (await is_told(port)) told++;
  };
  const [talks] = await Promise.all([
    honest_talks(port, honest, () => {
      progress(`flood: ${ended} of ${flood}`);
      return ended >= flood;
    }),
    ...Array.from({ length: crowd }, come),
  ]);
  const spoken = await Promise.all(silent.map((client) => client.bye()));
  return {
    rows: {
      'the flood': `${flood}, ${crowd} at once, from an address with ${places} conversations`,
      'that were told that there is no room': told,
      'honest conversations beside it': `${talks.length} by ${honest} clients`,
    },
    promises: {
      'each of the flood is told so': told === flood,
      'every honest conversation is complete': all_complete(talks),
      'those of the flooding address are not disturbed': spoken.every((text) => UNDISTURBED.test(text)),
      ...await of_the_log('each client is in the log, or counted there', () =>
        accounts_for(places + flood + talks.length, server)),
    },
  };
}
