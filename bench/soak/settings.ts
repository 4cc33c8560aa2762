/**
 * The command line of `npm run soak`.
 */
import { command_line } from '../../tools/common/command.ts';

const defaults = {
  conversations: 2000, clients: 32, hup: 2, kill: 1, minutes: 15, idle: 50, hostile: 100, honest: 4, crowd: 16,
  log: 500, restart: 1, still: 2, slow: 8, flood: 1000,
};

/** What is asked of it. */
export type Settings = typeof defaults;

const HELP = `Usage: npm run soak -- [OPTIONS]

Six parts, each left out by a 0. A table goes to STDERR, the same as JSON to STDOUT; the status is 1 when a promise was
broken. No promise is about time.

  --conversations N  conversations, while the daemon is relaunched and children are killed
  --clients N        at once
  --hup SECONDS      HUP so often; 0 for never
  --kill SECONDS     and KILL to a random child so often
  --minutes N        for so long at most

  --idle N           conversations at once, all silent; then each is spoken to

  --hostile N        hostile clients
  --crowd N          so many of them at once
  --honest N         beside so many honest ones

  --log N            conversations, by --clients at once, while the log daemon is restarted; as root
  --restart SECONDS  so often; 0 for never
  --still SECONDS    then more, while the log daemon stands still for so long; 0 for not at all

  --slow N           clients that paste many lines and read the replies by the kilobyte, beside --honest honest ones

  --flood N          clients from an address that has no place left, --crowd at once, beside --honest honest ones of another

  --help             print this and end
  --version          print the version and end

By default: ${Object.entries(defaults).map(([name, value]) => `--${name} ${value}`).join(' ')}.
`;

/** Reads the command line's numbers; ends the program where they are none. */
export function settings(): Settings {
  const names = Object.keys(defaults) as (keyof Settings)[];
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  const { number } = command_line({ name: 'soak', help: HELP, options });
  const chosen = { ...defaults };
  const seconds: readonly string[] = ['hup', 'kill', 'minutes', 'restart', 'still'];
  const some: readonly string[] = ['clients', 'crowd']; // without one of these a part would never end
  for (const name of names) {
    chosen[name] = number(name, defaults[name], { from: some.includes(name) ? 1 : 0, whole: !seconds.includes(name) });
  }
  return chosen;
}
