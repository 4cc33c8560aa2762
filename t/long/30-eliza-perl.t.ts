/**
 * t/30 with ten times the utterances and the scripts: minutes, nearly all of them the Perl's.
 *
 * A student learns that a comparison by chance finds more the longer it goes on, and how to let others wait for that.
 */
process.env['ELIZA_UTTERANCES'] ??= '4400';
process.env['ELIZA_SCRIPTS'] ??= '2000';
await import('../30-eliza-perl.t.ts');
