/**
 * A soak: the daemon under more than it will meet in a year, and an account of every client; `--help` says more.
 *
 * The listening socket's backlog is 20, as in the Perl: a client that finds it full waits until the kernel tries again,
 * a second later. That is time, not loss, and counted so.
 */
import { leave_nothing } from '../tools/common/cleanup.ts';
import { progress } from '../tools/common/terminal.ts';
import { at_end, end, type Part } from './soak/common.ts';
import { conversations } from './soak/conversations.ts';
import { flood } from './soak/flood.ts';
import { hostile } from './soak/hostile.ts';
import { idle } from './soak/idle.ts';
import { log } from './soak/log.ts';
import { type Settings, settings } from './soak/settings.ts';
import { slow } from './soak/slow.ts';

const chosen = settings();
leave_nothing();
const results: Record<string, Part> = {};
for (const [name, part] of Object.entries({ conversations, idle, hostile, log, slow, flood })) {
  if (chosen[name as keyof Settings] === 0) continue;
  const whole = async (): Promise<Part> => {
    const { rows, promises } = await part(chosen);
    return { rows, promises: { ...promises, ...await end() } };
  };
  const { rows, promises } = results[name] = await whole().finally(() => at_end.run());
  progress();
  console.error(`\n${name}`);
  for (const [what, value] of Object.entries(rows)) console.error(`  ${what.padEnd(44)} ${value}`);
  for (const [what, kept] of Object.entries(promises)) console.error(`  ${kept ? 'kept   ' : 'BROKEN '} ${what}`);
}
console.log(JSON.stringify(results));
process.exitCode = Object.values(results).every(({ promises }) => Object.values(promises).every(Boolean)) ? 0 : 1;
