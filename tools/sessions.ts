/**
 * The sessions shown in the guide: each `console` block of a page is run again, and shows what was really said.
 *
 * The commands of a page are typed into one shell, with a folder of its own, as an ordinary user; ports 1200 and 1201 stand
 * for two that are free.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { chownSync, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { Eliza } from '../Chatbot/Eliza.ts';
import { Cleanup } from './common/cleanup.ts';
import { folder } from './common/daemon.ts';
import { free_port } from './common/network.ts';
import { as_nobody, installed, is_root, nobody, root } from './common/processes.ts';

const BLOCK = /^```console\n([^]*?)^```$/gm;
const MARK = '\u001e';

/** Whether the machine is like the one the guide shows: netcat, and no log daemon. */
function can_run(page: string): boolean {
  if (page.includes('eliza_hup.log') && existsSync('/dev/log')) return false;
  return !/^\$ .*\bnc\b/m.test(page) || installed('nc');
}

/** Types commands into a shell. @returns what each of them made it say */
async function type(commands: readonly string[]): Promise<string[]> {
  const at_end = new Cleanup();
  const home = folder(at_end);
  const ports = new Map([['1200', String(await free_port())], ['1201', String(await free_port())]]);
  const free = (text: string): string => text.replaceAll(/\b120[01]\b/g, (port) => ports.get(port) ?? port);
  if (is_root) chownSync(home, nobody.uid, nobody.gid);
  const path = `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`;
  const env = [`PATH=${path}`, `HOME=${home}`, 'TERM=dumb', 'LANG=C.UTF-8', `ELIZA_PIDFILE=${home}/eliza_hup.pid`];
  const shell = [...as_nobody, 'bash', '--norc'];
  const script = commands.map((command) => `printf '${MARK}'\n${free(command)}\n`).join('');
  const words = ['-i', ...env, ...shell, '-c', `exec 2>&1\n${script}`];
  const child = spawn('env', words, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (data: string) => { said += data; });
  await new Promise((resolve) => child.once('close', resolve));
  await at_end.run();
  for (const [shown, port] of ports) said = said.replaceAll(new RegExp(`\\b${port}\\b`, 'g'), shown);
  return said.replaceAll(home, '/home/you').split(MARK).slice(1);
}

/**
 * Runs a page's sessions.
 *
 * @param page its Markdown
 * @returns the same with what was said this time; as it is, where this machine cannot run them
 */
export async function run_sessions(page: string): Promise<string> {
  const commands = [...page.matchAll(BLOCK)].flatMap(([, block = '']) => block.match(/^\$ .*$/gm) ?? []);
  if (commands.length === 0 || !can_run(page)) return page;
  const outputs = await type(commands.map((line) => line.slice(2)));
  let next = 0;
  return page.replace(BLOCK, (_, block: string) => {
    const lines = block.match(/^\$ .*$/gm) ?? [];
    return `\`\`\`console\n${lines.map((line) => `${line}\n${outputs[next++] ?? ''}`).join('')}\`\`\``;
  });
}

/**
 * A page without what no two runs have in common: times, pids, and what ELIZA says by chance.
 *
 * @param page its Markdown
 * @returns what must not change from run to run
 */
export function lasting(page: string): string {
  const { initial, final } = new Eliza();
  const by_chance = [...initial, ...final];
  const chance = (text: string): string => by_chance.some((said) => text.endsWith(said)) ? 'Eliza: by chance' : text;
  return page.split('\n').map((line) => chance(line)
    .replaceAll(/[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d/g, 'TIME')
    .replaceAll(/\[\d+\]/g, '[PID]')
    .replaceAll(/[│+] +\d+ {2}|\.ts:\d+-\d+/g, 'LINE') // of ours, which moves with each edit above it
    .replaceAll(/\b\d+ ms\b/g, 'MS')
    .replaceAll(/\bline \d+(?:: +\d+)?/g, 'line N') // of a compiled file, or of the shell's, which names a pid behind it
    .replaceAll(/\b(?:PID|pid|Child|process) \d+/g, 'PID')).join('\n');
}
