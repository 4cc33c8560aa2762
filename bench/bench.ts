/**
 * `npm run bench`: the daemon beside other ways to serve a conversation from a process of its own; `npm run bench --
 * growth`: how its cost grows; `npm run bench -- eliza`: the bot beside Chatbot::Eliza.
 */
const [name] = process.argv.slice(2);
await (name === 'eliza' ? import('./eliza.ts') : name === 'growth' ? import('./growth.ts') : import('./servers.ts'));
