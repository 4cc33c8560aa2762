/**
 * Net::Server, of which only the limits are here: how many may talk at once, how many from one address, how long, and
 * how many connections a second are worth a log line each.
 *
 * They are set by the environment, see `--help`; a wrong value ends in one line and status 2.
 *
 * @module
 */
import { constant } from '../constant.ts';
import { STDIN, STDOUT } from '../IO/Handle.ts';
import { type Text, Tainted } from '../perlsec.ts';
import { remember } from '../rehearsal.ts';
import { type Limits, telnet } from './Telnet.ts';

/** The limits in force. */
export const limits: Limits & {
  /** How many may talk at once. */
  conversations: number;
  /** How many of them from one address. */
  per_address: number;
  /** How many connections a second are logged one by one. */
  log_rate: number;
} = {
  conversations: constant.number('ELIZA_CONVERSATIONS', 64),
  per_address: constant.number('ELIZA_PER_ADDRESS', 48),
  idle: constant.number('ELIZA_IDLE', 15 * 60),
  session: constant.number('ELIZA_SESSION', 2 * 60 * 60),
  line: constant.number('ELIZA_LINE', 4096),
  log_rate: constant.number('ELIZA_LOG_RATE', 100),
};

/** The guests of the house: who is talking, from where. */
class Guests {
  readonly #hosts = new Map<number, string>();
  #second = 0;
  #this_second = 0;
  /** In a child: why its client is not let in; '' where he is. */
  refusal = '';
  /** In a child: too many came in this second for a line each. */
  quiet = false;

  /**
   * Before the fork: looks at a new client.
   *
   * @param host his address
   * @returns how many went unlogged in an earlier second, for one line about all of them; 0 for none
   */
  knock(host: Text): number {
    const address = Tainted.show(host);
    const hosts = [...this.#hosts.values()];
    this.refusal = hosts.length >= limits.conversations
      ? `${hosts.length} conversations are under way`
      : hosts.filter((other) => other === address).length >= limits.per_address ? 'too many from one address' : '';

    const second = Math.floor(Date.now() / 1000);
    const unlogged = second === this.#second ? 0 : Math.max(0, this.#this_second - limits.log_rate);
    if (second !== this.#second) [this.#second, this.#this_second] = [second, 0];
    this.quiet = ++this.#this_second > limits.log_rate;
    return unlogged;
  }

  /**
   * After the fork, in the parent.
   *
   * @param child who talks with him
   * @param host his address
   */
  enter(child: number, host: Text): void {
    this.#hosts.set(child, Tainted.show(host));
  }

  /** A player is no guest. @returns what makes his visit unseen */
  unseen(): () => void {
    const [second, this_second] = [this.#second, this.#this_second];
    return () => { [this.#second, this.#this_second] = [second, this_second]; };
  }

  /** @param child whose conversation has ended */
  leave(child: number): void {
    this.#hosts.delete(child);
  }
}

/** The guests of this daemon. */
export const guests = new Guests();
remember(() => guests.unseen());

/**
 * In the child: reads the client's words as telnet, within the limits, or tells him that he cannot stay.
 *
 * @param log for a line on what went beyond a limit
 * @returns whether there is to be a conversation
 */
export function welcome(log: (line: string) => void): boolean {
  telnet(STDIN, limits, (why) => {
    STDOUT.print(`Eliza:\tOur time is up, ${why}.\n`);
    log(`Connection ended ${why}\n`);
  });
  if (!guests.refusal) return true;
  STDOUT.print('Eliza:\tI have too many patients just now, please try again later.\n');
  log(`Connection refused: ${guests.refusal}\n`);
  return false;
}
