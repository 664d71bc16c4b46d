import { describe, expect, it } from '@jest/globals';
import { dashboard } from '../../../src/adapters/terminal/dashboard.js';
import { History } from '../../../src/adapters/terminal/history.js';
import { summaryLine } from '../../../src/adapters/terminal/line-view.js';
import type { Snapshot } from '../../../src/adapters/terminal/view.js';

const history = (...values: number[]): History => {
  const kept = new History();
  for (const value of values) kept.add(value);
  return kept;
};

const SNAPSHOT: Snapshot = {
  title: 'demo: 20 Nodes',
  facts: ['IPFIX 127.0.0.1:4739', 'metrics http://127.0.0.1:9090/metrics', 'flow log /tmp/weir-demo-aBcDeF/flows.csv'],
  elapsedSeconds: 83,
  recordsPerSecond: history(10_000, 20_000, 31_400),
  exportsPerSecond: history(0, 5000, 2500),
  deniedPerSecond: history(3),
  flows: history(20_000),
  waiting: history(12),
  cpu: history(0.125),
  memoryBytes: history(135 * 2 ** 20),
  totals: { received: 61_400, taken: 61_300, older: 50, duplicate: 50, dropped: 0 },
  namespaces: [
    { name: 'shop', sent: 3_000_000, received: 1_000_000 },
    { name: 'payments', sent: 1_000_000, received: 1_000_000 },
  ],
  pods: Array.from({ length: 30 }, (_, i) => ({ name: `shop/cart-${i}`, sent: 1e6 - i, received: 1e5 })),
  denied: [
    {
      flow: {
        source: 'shop/cart-1',
        destination: '10.0.0.9',
        service: 'tcp/443',
        action: 'Drop',
        policy: 'shop/deny',
        direction: 'egress',
      },
      times: 7,
    },
  ],
};

/** Columns a line takes on a terminal, without what only colours it. */
const plain = (line: string): string => line.replace(/\u001b\[[\d;]*m/g, '');

describe('dashboard', () => {
  it.each([
    [200, 60],
    [120, 40],
    [90, 30],
    [89, 24],
    [80, 24],
    [60, 20],
    [40, 10],
    [20, 5],
    [5, 3],
    [1, 1],
  ])('fits into %d columns and %d rows', (columns, rows) => {
    const lines = dashboard(SNAPSHOT, columns, rows, true);
    expect(lines.length).toBeLessThanOrEqual(rows);
    for (const line of lines) expect(plain(line).length).toBeLessThanOrEqual(columns);
  });

  it('shows the numbers of the moment, the top talkers and the denied flows', () => {
    const text = dashboard(SNAPSHOT, 120, 40, false).join('\n');
    expect(text).toContain('IPFIX 127.0.0.1:4739');
    expect(text).toMatch(/^ WEIR {2}demo: 20 Nodes +1:23$/m);
    expect(text).toMatch(/records in +31\.4k\/s +▃▆█/);
    expect(text).toMatch(/cpu +12\.5 % .*memory +135 MiB/);
    expect(text).toMatch(/TOP NAMESPACES .*TOP PODS/);
    expect(text).toMatch(/shop +2\.86 MiB\/s +977 KiB\/s/);
    expect(text).toMatch(/shop\/cart-0 +977 KiB\/s +97\.7 KiB\/s {2}██████████/);
    expect(text).toMatch(/Drop +shop\/cart-1 +→ 10\.0\.0\.9 +tcp\/443 +egress shop\/deny {2}×7/);
    expect(text).toContain('61.4k received = 61.3k taken + 50 older + 50 duplicate + 0 dropped');
  });

  it.each([
    [120, [3]],
    [80, [2, 1]],
    [50, [1, 1, 1]],
  ])('shows whole facts in %d columns, in lines of %j', (columns, shape) => {
    const lines = dashboard(SNAPSHOT, columns, 40, false).slice(1, 1 + shape.length);
    expect(lines.map((line) => line.trim().split('  ·  ').length)).toEqual(shape);
    expect(lines.flatMap((line) => line.trim().split('  ·  '))).toEqual(SNAPSHOT.facts);
  });

  it('has no escapes without colours', () => {
    expect(dashboard(SNAPSHOT, 120, 40, false).join('')).not.toContain('\u001b');
    expect(dashboard(SNAPSHOT, 120, 40, true).join('')).toContain('\u001b[1;36m');
  });

  it('neutralises what exporters named things', () => {
    const evil = 'x\u001b]0;owned\u0007\u202e宽\n';
    const { flow } = SNAPSHOT.denied[0]!;
    const snapshot: Snapshot = {
      ...SNAPSHOT,
      namespaces: [{ name: evil, sent: 1, received: 1 }],
      pods: [{ name: evil, sent: 1, received: 1 }],
      denied: [{ flow: { ...flow, source: evil, destination: evil, policy: evil }, times: 1 }],
    };
    const text = dashboard(snapshot, 120, 40, false).join('');
    expect(text).not.toMatch(/[\u0000-\u001f\u202e宽]/);
    expect(text).toContain('x?]0;owned????');
    expect(summaryLine(snapshot)).not.toMatch(/[\u0000-\u001f\u202e]/);
  });

  it('says so when nothing was exported yet', () => {
    const text = dashboard({ ...SNAPSHOT, namespaces: [], pods: [], denied: [] }, 120, 40, false).join('\n');
    expect(text).toContain('nothing was exported yet');
    expect(text).not.toContain('DENIED');
  });
});

describe('summaryLine', () => {
  it('has what matters in one line', () => {
    expect(summaryLine(SNAPSHOT)).toBe(
      ' 1:23  31.4k records/s  20.0k flows     12 half-seen  2.50k exports/s     3 denied/s  cpu 12.5 %  memory 135 MiB  top shop/cart-0 1.05 MiB/s',
    );
  });
});
