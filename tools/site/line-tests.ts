/**
 * Which files of t/ hold which lines of the Perl: what a reader of a line runs, to see it done.
 *
 * @module
 */

/** By Perl file: the lines from one to another, and the numbers with which the tests' names begin. */
export const line_tests: Readonly<Record<string, readonly (readonly [from: number, to: number, ...tests: string[]])[]>> = {
  'eliza_hup.pl': [
    [1, 6, '02'], [8, 12, '16'], [15, 15, '13'], [16, 16, '14'], [18, 23, '16'], [24, 24, '15'], [26, 26, '12'],
    [28, 28, '17', '20'], [29, 29, '12'], [30, 30, '05'], [31, 39, '10', '11'], [41, 49, '10', '35'], [51, 55, '13'],
    [57, 66, '14', '23'], [71, 75, '35'], [82, 84, '13'],
  ],
  'Daemon.pm': [
    [24, 24, '20'], [27, 38, '15', '26'], [40, 53, '11', '18'], [55, 62, '11'], [64, 78, '03', '05'], [80, 88, '11', '21'],
    [90, 95, '17', '20'], [97, 99, '13', '23'], [100, 101, '04'], [103, 111, '14', '23'], [113, 119, '12'], [121, 127, '12'],
    [128, 133, '12', '24'], [135, 152, '15'], [154, 157, '13', '15'],
  ],
};
