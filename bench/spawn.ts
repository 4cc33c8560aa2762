/**
 * What a Node programmer would write who wants a process per client: each connection becomes the STDIN and STDOUT of a
 * new node. With `handle`, the connection is handed to a child_process.fork instead, which answers it by events.
 */
import { fork, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Eliza } from '../Chatbot/Eliza.ts';

const [how, port] = process.argv.slice(2);
const self = fileURLToPath(import.meta.url);
const terminal = fileURLToPath(new URL('terminal.js', import.meta.url));

function converse(socket: Socket): void {
  const bot = new Eliza();
  const one = (list: string[]): string => `Eliza:\t${list[Math.floor(Math.random() * list.length)] ?? ''}\n`;
  socket.write(`${one(bot.initial)}you:\t`);
  createInterface({ input: socket }).on('line', (line) => {
    if (bot._testquit(line)) socket.end(one(bot.final), () => process.exit(0));
    else socket.write(`Eliza:\t${bot.transform(line)}\nyou:\t`);
  });
}

if (how === 'child') {
  process.once('message', (_, socket) => { if (socket instanceof Socket) converse(socket); });
} else {
  createServer({ pauseOnConnect: true }, (socket) => {
    if (how === 'handle') {
      fork(self, ['child']).send('talk', socket);
    } else {
      spawn(process.execPath, [terminal], { stdio: [socket, socket, 'ignore'] });
      socket.destroy();
    }
  }).listen({ port: Number(port), backlog: 20 });
}
