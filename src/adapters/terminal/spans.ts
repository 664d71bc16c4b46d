/** How a piece of text looks. */
export type Style = 'plain' | 'bold' | 'dim' | 'title' | 'good' | 'warn' | 'bad' | 'accent' | 'bar';

/** A piece of text of one style. */
export interface Span {
  readonly text: string;
  readonly style: Style;
}

const CODES: Readonly<Record<Style, string>> = {
  plain: '',
  bold: '1',
  dim: '2',
  title: '1;36',
  good: '32',
  warn: '33',
  bad: '31',
  accent: '36',
  bar: '34',
};

/** Everything that is not a plain character of one column: control characters, escapes, marks that reorder or combine, wide characters. */
const UNUSUAL = /[^\x20-\x7e]/gu;

/** A piece of Weir's own text. */
export function span(text: string, style: Style = 'plain'): Span {
  return { text, style };
}

/** A piece of text that came from an exporter: what could command the terminal or shift columns is replaced. Names in Kubernetes are ASCII. */
export function foreign(text: string, style: Style = 'plain'): Span {
  return { text: text.replace(UNUSUAL, '?'), style };
}

/** Pieces cut to a width; the last one that fits in part ends in "…". */
export function fit(spans: readonly Span[], width: number): Span[] {
  const fitting: Span[] = [];
  let left = width;
  for (const { text, style } of spans) {
    if (text.length > left) {
      if (left > 0) fitting.push({ text: `${text.slice(0, left - 1)}…`, style });
      return fitting;
    }
    fitting.push({ text, style });
    left -= text.length;
  }
  return fitting;
}

/** Pieces cut or filled up with spaces to exactly a width. */
export function column(spans: readonly Span[], width: number, align: 'left' | 'right' = 'left'): Span[] {
  const fitting = fit(spans, width);
  const used = fitting.reduce((sum, { text }) => sum + text.length, 0);
  const space = span(' '.repeat(Math.max(0, width - used)));
  return align === 'left' ? [...fitting, space] : [space, ...fitting];
}

/** Pieces as text for a terminal. */
export function paint(spans: readonly Span[], colours: boolean): string {
  return spans
    .map(({ text, style }) =>
      colours && CODES[style] !== '' && text !== '' ? `\x1b[${CODES[style]}m${text}\x1b[0m` : text,
    )
    .join('');
}
