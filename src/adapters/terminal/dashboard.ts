import type { History } from './history.js';
import { column, fit, foreign, paint, span, type Span, type Style } from './spans.js';
import type { Rate } from './top-rates.js';
import { formatBytes, formatCount, formatElapsed, formatShare } from './units.js';
import type { Snapshot } from './view.js';

type Line = readonly Span[];

/** From this width on there are two columns. */
const WIDE = 90;

/** Columns of the screen's left and right edge, and between two columns. */
const EDGE = 1;
const GUTTER = 3;

/** What stands between two facts of the header. */
const FACT_GUTTER = '  ·  ';

/** Columns of the name and the value of a gauge; the rest is its sparkline. */
const GAUGE_NAME = 12;
const GAUGE_VALUE = 11;

/** Columns of a rate, and of the bar beside it. */
const RATE = 12;
const BAR = 10;

/** Below this width a table has no bars. */
const WIDE_TABLE = 50;

/** Columns of an action and of a service, tcp/65535. */
const ACTION = 8;
const SERVICE = 11;

/** Share of a wide screen that the table of namespaces has: their names are shorter than those of Pods. */
const NAMESPACES_SHARE = 0.42;

/** Eighths of a column. */
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** The whole screen as lines: what matters most first, so that a small terminal shows that. Never more lines or columns than there are. */
export function dashboard(snapshot: Snapshot, columns: number, rows: number, colours: boolean): string[] {
  const width = Math.max(0, columns - 2 * EDGE);
  const head = [...header(snapshot, width), [], ...gauges(snapshot, width), []];
  const foot: Line[] = [[], balance(snapshot)];
  const room = rows - head.length - foot.length;
  const body = room > 2 ? tables(snapshot, width, room) : [];
  const filler = new Array<Line>(Math.max(0, room - body.length)).fill([]);
  const lines: Line[] = [...head, ...body, ...filler, ...foot].slice(0, Math.max(1, rows));
  return lines.map((line) => paint([span(' '.repeat(EDGE)), ...fit(line, width)], colours));
}

function header({ title, facts, elapsedSeconds }: Snapshot, width: number): Line[] {
  const elapsed = formatElapsed(elapsedSeconds);
  const name = [span('WEIR', 'title'), span('  '), span(title, 'bold')];
  return [
    [...column(name, width - elapsed.length), span(elapsed, 'dim')],
    ...packed(facts, width).map((line) => fit([span(line, 'dim')], width)),
  ];
}

/** Facts in as few lines as they fit into. */
function packed(facts: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const fact of facts) {
    const longer = `${lines.at(-1) ?? ''}${FACT_GUTTER}${fact}`;
    if (lines.length > 0 && longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(fact);
  }
  return lines;
}

function gauges(snapshot: Snapshot, width: number): Line[] {
  const { recordsPerSecond, exportsPerSecond, flows, waiting, cpu, memoryBytes } = snapshot;
  const cells: ((cellWidth: number) => Line)[] = [
    gauge('records in', `${formatCount(recordsPerSecond.latest)}/s`, recordsPerSecond, 'good'),
    gauge('flows', formatCount(flows.latest), flows, 'accent'),
    gauge('flows out', `${formatCount(exportsPerSecond.latest)}/s`, exportsPerSecond, 'good'),
    gauge('half-seen', formatCount(waiting.latest), waiting, 'accent'),
    gauge('cpu', formatShare(cpu.latest), cpu, 'warn'),
    gauge('memory', formatBytes(memoryBytes.latest), memoryBytes, 'warn'),
  ];
  if (width < WIDE) return cells.map((cell) => cell(width));
  const half = Math.floor((width - GUTTER) / 2);
  return [0, 2, 4].map((index) => beside(cells[index]!(half), cells[index + 1]!(half), half));
}

function gauge(name: string, value: string, history: History, style: Style): (width: number) => Line {
  return (width) => [
    ...column([span(name, 'dim')], GAUGE_NAME),
    ...column([span(value, 'bold')], GAUGE_VALUE, 'right'),
    span('  '),
    span(history.sparkline(width - GAUGE_NAME - GAUGE_VALUE - 2), style),
  ];
}

/** The tables below each other or beside each other, in at most `room` lines. */
function tables(snapshot: Snapshot, width: number, room: number): Line[] {
  const { namespaces, pods } = snapshot;
  const denied = Math.min(snapshot.denied.length, Math.floor(room / 3));
  const deniedLines = denied > 0 ? [[], ...deniedTable(snapshot, width, denied)] : [];
  const left = room - deniedLines.length;
  if (width >= WIDE) {
    const first = Math.floor((width - GUTTER) * NAMESPACES_SHARE);
    const one = rateTable('TOP NAMESPACES', namespaces, first, left);
    const other = rateTable('TOP PODS', pods, width - GUTTER - first, left);
    const length = Math.max(one.length, other.length);
    return [
      ...Array.from({ length }, (_, index) => beside(one[index] ?? [], other[index] ?? [], first)),
      ...deniedLines,
    ];
  }
  const forNamespaces = Math.floor(left / 3);
  if (forNamespaces < 3) return [...rateTable('TOP PODS', pods, width, left), ...deniedLines];
  const top = rateTable('TOP PODS', pods, width, left - forNamespaces - 1);
  return [...top, [], ...rateTable('TOP NAMESPACES', namespaces, width, left - top.length - 1), ...deniedLines];
}

/** A heading and a line for each name, in at most `room` lines: the name, what it sends and receives, and a bar of both. */
function rateTable(heading: string, rates: readonly Rate[], width: number, room: number): Line[] {
  const bar = width >= WIDE_TABLE ? BAR : 0;
  const name = Math.max(8, width - 2 * RATE - (bar > 0 ? bar + 2 : 0));
  const most = Math.max(Number.MIN_VALUE, ...rates.map(({ sent, received }) => sent + received));
  const titles = [
    ...column([span(heading, 'title')], name),
    ...column([span('sends', 'dim')], RATE, 'right'),
    ...column([span('receives', 'dim')], RATE, 'right'),
  ];
  const lines = rates
    .slice(0, Math.max(0, room - 1))
    .map((rate) => [
      ...column([foreign(rate.name)], name),
      ...column([span(perSecond(rate.sent))], RATE, 'right'),
      ...column([span(perSecond(rate.received))], RATE, 'right'),
      ...(bar > 0 ? [span('  '), span(barOf((rate.sent + rate.received) / most, bar), 'bar')] : []),
    ]);
  return [titles, ...(lines.length > 0 ? lines : [[span('nothing was exported yet', 'dim')]])];
}

function deniedTable({ denied, deniedPerSecond }: Snapshot, width: number, count: number): Line[] {
  const heading = [
    span('DENIED', 'title'),
    span(`  ${formatCount(deniedPerSecond.latest)} flows/s, latest first`, 'dim'),
  ];
  const end = Math.max(8, Math.floor((width - ACTION - SERVICE) * 0.34));
  const lines = denied
    .slice(0, count)
    .map(({ flow, times }) => [
      ...column([span(flow.action, flow.action === 'Drop' ? 'bad' : 'warn')], ACTION),
      ...column([foreign(flow.source)], end - 1),
      span(' → ', 'dim'),
      ...column([foreign(flow.destination)], end - 1),
      span(' '),
      ...column([foreign(flow.service)], SERVICE),
      span(`${flow.direction} `, 'dim'),
      foreign(flow.policy || 'a default rule', 'dim'),
      span(times > 1 ? `  ×${formatCount(times)}` : '', 'dim'),
    ]);
  return [heading, ...lines];
}

/** The records' equation (every record received is accounted for), and how to leave. */
function balance({ totals }: Snapshot): Line {
  const { received, taken, older, duplicate, dropped } = totals;
  return [
    span(`${formatCount(received)} received`, 'bold'),
    span(' = ', 'dim'),
    span(`${formatCount(taken)} taken`),
    span(' + ', 'dim'),
    span(`${formatCount(older)} older`),
    span(' + ', 'dim'),
    span(`${formatCount(duplicate)} duplicate`),
    span(' + ', 'dim'),
    span(`${formatCount(dropped)} dropped`, dropped > 0 ? 'bad' : 'plain'),
    span('   Ctrl-C ends', 'dim'),
  ];
}

/** Two lines side by side; `width` is the left one's column. */
function beside(left: Line, right: Line, width: number): Line {
  return [...column(left, width), span(' '.repeat(GUTTER)), ...right];
}

function barOf(share: number, width: number): string {
  const eighths = Math.round(share * width * 8);
  return '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8]!;
}

function perSecond(bytes: number): string {
  return `${formatBytes(bytes)}/s`;
}
