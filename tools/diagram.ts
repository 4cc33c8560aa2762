/**
 * Pictures drawn from a few lines of text, as SVG that takes its colours from the page around it.
 *
 * A sequence names its lanes, then its steps, one a line, with where it stands in the Perl at the end:
 *
 * ```text
 * client, daemon, child
 * client -> daemon | connects | eliza_hup.pl:28
 * daemon => child | forks | Daemon.pm:69
 * child | talks | eliza_hup.pl:48
 * child x | exits | eliza_hup.pl:36
 * daemon -x child | reaps it | Daemon.pm:91
 * ```
 *
 * `->` is a message, `=>` begins a lane's life, `x` ends one's own and `-x` another's. A number carries its file, but for one
 * that follows another of the same file in the same line: `Daemon.pm:44, 46`. The lanes stand at the left, what happens is
 * written beside them, so that no text lies on a line. A tree is indented, two blanks a level.
 *
 * @module
 */

const ROW = 28;
const HEAD = 40;
/** The width of a letter, as far as one can tell before a browser has set it. */
const LETTER = 7.5;

/** A step of a sequence. */
interface Step {
  readonly from: string;
  readonly arrow: string;
  readonly to: string;
  readonly text: string;
  readonly where: readonly Where[];
}

/** Where a step stands in the Perl. */
interface Where {
  readonly text: string;
  /** The file and the first line, where it is one that can be linked. */
  readonly file?: string;
  readonly line?: string;
}

/** How a picture is drawn. */
export interface Look {
  /** The address of a line of the Perl; without it no line is a link. */
  readonly link?: (file: string, line: string) => string;
  /** A remark below. */
  readonly remark?: string;
}

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

const line = (x1: number, y1: number, x2: number, y2: number, more = ''): string =>
  `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="currentColor"${more}/>`;

const label = (x: number, y: number, text: string, more = ''): string =>
  `<text x="${x}" y="${y}"${more}>${escape(text)}</text>`;

/** A box with a name in it. */
const box = (x: number, y: number, width: number, text: string): string =>
  `<rect x="${x}" y="${y}" width="${width}" height="24" rx="5" fill="none" stroke="currentColor"/>`
  + label(x + width / 2, y + 17, text, ' text-anchor="middle" font-weight="bold"');

/** Links are content, and those of an image are hidden from who hears the page. */
function picture(title: string, width: number, height: number, shapes: string[]): string {
  const role = shapes.some((shape) => shape.includes('<a ')) ? 'group' : 'img';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" `
    + `role="${role}" aria-label="${escape(title)}" style="min-width: ${Math.round(width * 0.8)}px" `
    + `font-family="system-ui, sans-serif" font-size="13" fill="currentColor">`,
    ...shapes,
    '</svg>',
  ].join('\n');
}

/** Reads steps. */
function steps_of(texts: readonly string[]): Step[] {
  return texts.map((text) => {
    const [who = '', what = '', where = ''] = text.split('|').map((part) => part.trim());
    const [from = '', arrow = '', to = from] = who.split(/ (->|=>|-x|x)(?: |$)/).map((part) => part.trim());
    let file = '';
    const places = where.split(', ').filter(Boolean).map((one): Where => {
      const [, named, numbers, first] = /^(?:(eliza_hup\.pl|Daemon\.pm):)?((\d+)(?:-\d+)?\+?)$/.exec(one) ?? [];
      if (numbers === undefined || first === undefined) return { text: one };
      if (named === undefined && file === '') throw new Error(`of which file is line ${one} of "${text}"?`);
      const same = named === undefined || named === file;
      file = named ?? file;
      return { text: same ? numbers : `${file}:${numbers}`, file, line: first };
    });
    return { from, arrow, to: to || from, text: what, where: places };
  });
}

/** Who does it, to whom, and what. */
function words_of({ from, arrow, to, text }: Step): string {
  return arrow === '->' ? `${from} → ${to}: ${text}` : `${from}: ${text}`;
}

/** The names of the lanes, and the steps. */
function read(source: string): { head: string; lanes: string[]; steps: Step[] } {
  const [head = '', ...rest] = source.split('\n').map((text) => text.trim()).filter(Boolean);
  return { head, lanes: head.split(',').map((name) => name.trim()), steps: steps_of(rest) };
}

/** A list that takes a picture's place: each item is indented as deep as what it stands for stands in the picture. */
function items(list: readonly (readonly [depth: number, html: string])[], remark = ''): string {
  return ['<div class="steps"><ol>', ...list.map(([depth, html]) => `<li style="--depth: ${depth}">${html}</li>`),
    `</ol>${remark && `<p>${escape(remark)}</p>`}</div>`].join('\n');
}

/**
 * What {@link sequence} draws, as a list, for a screen that is too narrow for the picture.
 *
 * @param source the picture's text
 * @param look how
 * @returns the HTML, without a blank line
 */
export function steps_list(source: string, { link, remark }: Look = {}): string {
  const { lanes, steps } = read(source);
  return items(steps.map((step) => {
    const where = step.where.map(({ text, file, line }) => link && file !== undefined && line !== undefined
      ? `<a href="${link(file, line)}"><code>${escape(text)}</code></a>`
      : `<code>${escape(text)}</code>`);
    return [lanes.indexOf(step.from), [escape(words_of(step)), ...where].join(' ')] as const;
  }), remark);
}

/**
 * Draws who did what in which order.
 *
 * @param title what the picture shows, for those who cannot see it
 * @param source its text
 * @param look how
 * @returns the SVG, without a blank line
 * @throws Error where a lane has no name, or a number no file
 */
export function sequence(title: string, source: string, look: Look = {}): string {
  const { head, lanes, steps } = read(source);
  const wide = Math.max(104, ...lanes.map((name) => 30 + Math.ceil(8.5 * name.length)));
  const x_of = (name: string): number => {
    if (!lanes.includes(name)) throw new Error(`no lane is called "${name}": there are ${head}`);
    return wide * lanes.indexOf(name) + wide / 2;
  };
  const y_of = (i: number): number => HEAD + ROW * (i + 0.75);
  const height = y_of(steps.length);
  const shapes: string[] = [];
  for (const lane of lanes) {
    const born = steps.findIndex(({ arrow, to }) => arrow === '=>' && to === lane);
    const dead = steps.findIndex(({ arrow, to }, i) => i > born && arrow.endsWith('x') && to === lane);
    const [from, to] = [born === -1 ? HEAD - 12 : y_of(born) + 12, dead === -1 ? height - 8 : y_of(dead)];
    shapes.push(box(x_of(lane) - wide / 2 + 4, born === -1 ? 4 : from - 24, wide - 8, lane));
    shapes.push(line(x_of(lane), from, x_of(lane), to, ' stroke-width="2" opacity="0.5"'));
  }
  const text_x = wide * lanes.length + 12;
  const where_x = text_x + 16 + LETTER * Math.max(...steps.map((step) => words_of(step).length), 0);
  steps.forEach((step, i) => {
    const { from, arrow, to, where } = step;
    const [x1, x2, y] = [x_of(from), x_of(to), y_of(i)];
    // A faint line leads the eye from the lanes to the words.
    const begin = Math.max(x1, x2) + (arrow === '=>' ? wide / 2 - 2 : 10);
    shapes.push(line(begin, y, text_x - 6, y, ' stroke-dasharray="1 5" opacity="0.6"'));
    if (arrow === 'x' || arrow === '-x') {
      shapes.push(`<path d="M${x2 - 6} ${y - 6}l12 12m0 -12l-12 12" stroke="currentColor" stroke-width="2"/>`);
    }
    if (arrow === '-x' || (x1 === x2 && arrow !== 'x')) shapes.push(`<circle cx="${x1}" cy="${y}" r="4"/>`);
    if (x1 !== x2) {
      const way = Math.sign(x2 - x1);
      const end = x2 - way * (arrow === '=>' ? wide / 2 - 4 : arrow === '-x' ? 8 : 1);
      shapes.push(line(x1, y, end, y, arrow === '=>' ? ' stroke-width="2"' : ''));
      if (arrow !== '-x') shapes.push(`<path d="M${end} ${y}l${-8 * way} -4v8z"/>`);
    }
    shapes.push(label(text_x, y + 4, words_of(step)));
    let x = where_x;
    for (const { text, file, line: number } of where) {
      const shape = label(x, y + 4, text, ' font-family="ui-monospace, monospace" font-size="12"');
      shapes.push(look.link && file !== undefined && number !== undefined
        ? `<a href="${look.link(file, number)}">${shape}</a>`
        : shape);
      x += LETTER * (text.length + 2);
    }
  });
  const end = (where: readonly Where[]): number => where_x + LETTER * where.reduce((sum, { text }) => sum + text.length + 2, 0);
  if (look.remark !== undefined) shapes.push(label(8, height + 12, look.remark, ' font-style="italic"'));
  const width = Math.max(...steps.map(({ where }) => end(where)), 8 + LETTER * (look.remark?.length ?? 0));
  return picture(title, Math.ceil(width), height + (look.remark === undefined ? 0 : 22), shapes);
}

/** The nodes of a tree, in order. */
function nodes_of(source: string): { name: string; remark: string; level: number }[] {
  return source.split('\n').filter((text) => text.trim() !== '').map((text) => {
    const [name = '', remark = ''] = text.split('|').map((part) => part.trim());
    return { name, remark, level: (text.length - text.trimStart().length) >> 1 };
  });
}

/**
 * What {@link tree} draws, as a list, for a screen that is too narrow for the picture.
 *
 * @param source the picture's text
 * @returns the HTML, without a blank line
 */
export function tree_list(source: string): string {
  return items(nodes_of(source).map(({ name, remark, level }) => [level, `<b>${escape(name)}</b>: ${escape(remark)}`]));
}

/**
 * Draws what belongs to what.
 *
 * @param title what the picture shows, for those who cannot see it
 * @param source its text: `name | remark`, indented two blanks a level
 * @returns the SVG, without a blank line
 */
export function tree(title: string, source: string): string {
  const nodes = nodes_of(source);
  const shapes = nodes.flatMap(({ name, remark, level }, i) => {
    const [x, y] = [8 + level * 48, 8 + i * 38];
    const parent = nodes.findLastIndex((node, j) => j < i && node.level < level);
    const branch = parent === -1
      ? []
      : [line(x - 28, 8 + parent * 38 + 24, x - 28, y + 12), line(x - 28, y + 12, x, y + 12)];
    return [...branch, box(x, y, 150, name), label(x + 162, y + 17, remark)];
  });
  return picture(title, 700, nodes.length * 38 + 8, shapes);
}
