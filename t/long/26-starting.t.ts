/**
 * t/26 with more moments of a start, and with INT as well as TERM.
 *
 * A student learns that a signal that was lost once in twenty tries is found by trying more often.
 */
process.env['ELIZA_LONG'] = '1';
await import('../26-starting.t.ts');
