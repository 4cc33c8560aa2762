/**
 * t/46 with every exercise, with answers that are wrong and with half solutions: minutes, nearly all of them the compiler's.
 *
 * A student learns that a test which is left out where it is in the way must be run somewhere.
 */
process.env['ELIZA_LONG'] = '1';
await import('../46-exercises.t.ts');
