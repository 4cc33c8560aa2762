/** Each timer takes a second at least. The test loads it first, so that the fault does not hang on luck. @module */
const { setTimeout: usual } = globalThis;
Object.assign(globalThis, {
  setTimeout: (call: () => void, ms = 0) => usual(call, Math.max(ms, 1000)),
});
