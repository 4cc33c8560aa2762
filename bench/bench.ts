/**
 * `npm run bench`: the daemon beside other ways to serve a conversation from a process of its own; `npm run bench --
 * growth`: how its cost grows; `npm run bench -- eliza`: the bot beside Chatbot::Eliza.
 */
import { part } from './options.ts';

await (part === 'eliza' ? import('./eliza.ts') : part === 'growth' ? import('./growth.ts') : import('./servers.ts'));
