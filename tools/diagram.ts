/**
 * Pictures drawn from a few lines of text, as SVG that takes its colours from the page around it.
 *
 * A sequence names its lanes, then its steps, one a line, with where it stands in the Perl at the end:
 *
 * ```text
 * client, daemon, child
 * client -> daemon | connects
 * daemon => child | forks | Daemon.pm:69
 * child | talks | 48
 * child x | exits | 36
 * ```
 *
 * `->` is a message, `=>` begins a lane's life, `x` ends it. A tree is indented, two blanks a level.
 *
 * @module
 */

const LANE = 205;
const ROW = 30;
const HEAD = 50;

/** A step of a sequence. */
interface Step {
  readonly from: string;
  readonly arrow: string;
  readonly to: string;
  readonly text: string;
  readonly where: string;
}

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

const line = (x1: number, y1: number, x2: number, y2: number, more = ''): string =>
  `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="currentColor"${more}/>`;

/** What is behind the page's text, as TypeDoc calls it. A line that runs through a text is painted over with it. */
const halo = ' stroke="var(--color-background, Canvas)" stroke-width="5" paint-order="stroke"';

const label = (x: number, y: number, text: string, more = ''): string =>
  `<text x="${x}" y="${y}"${more}${halo}>${escape(text)}</text>`;

const middle = ' text-anchor="middle"';

/** A box with a name in it. */
const box = (x: number, y: number, width: number, text: string): string =>
  `<rect x="${x}" y="${y}" width="${width}" height="26" rx="5" fill="none" stroke="currentColor"/>`
  + label(x + width / 2, y + 18, text, `${middle} font-weight="bold"`);

function picture(title: string, width: number, height: number, shapes: string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" `
    + `aria-label="${escape(title)}" style="min-width: ${Math.round(width * 0.75)}px" `
    + `font-family="system-ui, sans-serif" font-size="13" fill="currentColor">`,
    ...shapes,
    '</svg>',
  ].join('\n');
}

function step_of(text: string): Step {
  const [who = '', what = '', where = ''] = text.split('|').map((part) => part.trim());
  const [from = '', arrow = '', to = from] = who.split(/ (->|=>|x)(?: |$)/).map((part) => part.trim());
  return { from, arrow, to: to || from, text: what, where };
}

/**
 * Draws who did what in which order.
 *
 * @param title what the picture shows, for those who cannot see it
 * @param source its text
 * @returns the SVG, without a blank line
 */
export function sequence(title: string, source: string): string {
  const [head = '', ...rest] = source.split('\n').map((text) => text.trim()).filter(Boolean);
  const lanes = head.split(',').map((name) => name.trim());
  const x_of = (name: string): number => {
    if (!lanes.includes(name)) throw new Error(`no lane is called "${name}": there are ${head}`);
    return LANE * lanes.indexOf(name) + 70;
  };
  const steps = rest.map(step_of);
  const y_of = (i: number): number => HEAD + ROW * (i + 1);
  const height = y_of(steps.length);
  const shapes: string[] = [];
  for (const lane of lanes) {
    const born = steps.findIndex(({ arrow, to }) => arrow === '=>' && to === lane);
    const dead = steps.findIndex(({ arrow, from }, i) => arrow === 'x' && from === lane && i > born);
    const [from, to] = [born === -1 ? HEAD - 20 : y_of(born), dead === -1 ? height - 8 : y_of(dead)];
    shapes.push(box(x_of(lane) - 55, born === -1 ? 4 : from - 13, 110, lane));
    shapes.push(line(x_of(lane), from + (born === -1 ? 0 : 13), x_of(lane), to, ' stroke-width="2" opacity="0.5"'));
  }
  steps.forEach(({ from, arrow, to, text, where }, i) => {
    const [x1, x2, y] = [x_of(from), x_of(to), y_of(i)];
    const place = where === '' ? '' : ` (${where})`;
    if (arrow === 'x') {
      shapes.push(`<path d="M${x1 - 7} ${y - 7}l14 14m0 -14l-14 14" stroke="currentColor" stroke-width="2"/>`);
    }
    if (x1 === x2) {
      if (arrow === '') shapes.push(`<circle cx="${x1}" cy="${y}" r="4"/>`);
      shapes.push(label(x1 + 12, y + 4, text + place));
      return;
    }
    const way = Math.sign(x2 - x1);
    const end = x2 - way * (arrow === '=>' ? 56 : 1);
    shapes.push(line(x1, y, end, y, arrow === '=>' ? ' stroke-width="2"' : ''));
    shapes.push(`<path d="M${end} ${y}l${-8 * way} -4v8z"/>`);
    shapes.push(label((x1 + (arrow === '=>' ? end : x2)) / 2, y - 5, text + place, middle));
  });
  const ends = steps.map(({ from, text, where }) => x_of(from) + 30 + 7 * `${text} (${where})`.length); // of letters 7 wide
  return picture(title, Math.max(LANE * (lanes.length - 1) + 300, ...ends), height, shapes);
}

/**
 * Draws what belongs to what.
 *
 * @param title what the picture shows, for those who cannot see it
 * @param source its text: `name | remark`, indented two blanks a level
 * @returns the SVG, without a blank line
 */
export function tree(title: string, source: string): string {
  const nodes = source.split('\n').filter((text) => text.trim() !== '').map((text) => {
    const [name = '', remark = ''] = text.split('|').map((part) => part.trim());
    return { name, remark, level: (text.length - text.trimStart().length) >> 1 };
  });
  const shapes = nodes.flatMap(({ name, remark, level }, i) => {
    const [x, y] = [8 + level * 48, 8 + i * 38];
    const parent = nodes.findLastIndex((node, j) => j < i && node.level < level);
    const branch = parent === -1
      ? []
      : [line(x - 28, 8 + parent * 38 + 26, x - 28, y + 13), line(x - 28, y + 13, x, y + 13)];
    return [...branch, box(x, y, 150, name), label(x + 162, y + 18, remark)];
  });
  return picture(title, 700, nodes.length * 38 + 8, shapes);
}
