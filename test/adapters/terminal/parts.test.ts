import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { DeniedFlows } from '../../../src/adapters/terminal/denied-flows.js';
import { History } from '../../../src/adapters/terminal/history.js';
import { Screen } from '../../../src/adapters/terminal/screen.js';
import { TopRates } from '../../../src/adapters/terminal/top-rates.js';
import { TrafficSink } from '../../../src/adapters/terminal/traffic-sink.js';
import { formatBytes, formatCount, formatElapsed, formatShare } from '../../../src/adapters/terminal/units.js';
import { aBatch } from '../../support/a-batch.js';

describe('units', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [999.6, '1.00k'],
    [1000, '1.00k'],
    [31_449, '31.4k'],
    [99_960, '100k'],
    [999_600, '1.00M'],
    [1.5e15, '1500T'],
  ])('%d counts as %s', (count, text) => {
    expect(formatCount(count)).toBe(text);
  });

  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.00 KiB'],
    [135 * 2 ** 20, '135 MiB'],
    [1.5 * 2 ** 30, '1.50 GiB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [0, '0:00'],
    [42.9, '0:42'],
    [600, '10:00'],
    [3723, '1:02:03'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(formatElapsed(seconds)).toBe(text);
  });

  it.each([
    [0.1234, '12.3 %'],
    [1, '100 %'],
    [1.754, '175 %'],
  ])('%d is %s', (share, text) => {
    expect(formatShare(share)).toBe(text);
  });
});

describe('History', () => {
  it('draws the latest values up to their peak', () => {
    const history = new History(4);
    for (const value of [100, 0, 1, 4, 8]) history.add(value);
    expect(history.sparkline(10)).toBe('▁▂▅█');
    expect(history.sparkline(2)).toBe('▅█');
    expect(history.sparkline(0)).toBe('');
    expect(history.latest).toBe(8);
    expect(history.peak).toBe(8);
  });

  it('draws nothing but the floor where there is nothing', () => {
    const history = new History();
    expect([history.latest, history.peak, history.sparkline(5)]).toEqual([0, 0, '']);
    history.add(0);
    expect(history.sparkline(5)).toBe('▁');
  });
});

describe('TopRates', () => {
  it('averages over seconds and orders by the sum', () => {
    const rates = new TopRates();
    for (let second = 0; second < 60; second++) {
      rates.add('a', 1000, 0);
      rates.add('b', 500, 1500);
      rates.advance(1);
    }
    const [first, second] = rates.top(5);
    expect(first).toMatchObject({ name: 'b' });
    expect(first!.received).toBeCloseTo(1500, 0);
    expect(second!.sent).toBeCloseTo(1000, 0);
    expect(rates.top(1)).toHaveLength(1);
  });

  it('does not depend on how often it looks', () => {
    const often = new TopRates();
    const seldom = new TopRates();
    for (let second = 0; second < 4; second++) {
      often.add('a', 1000, 0);
      often.advance(1);
    }
    seldom.add('a', 4000, 0);
    seldom.advance(4);
    expect(seldom.top(1)[0]!.sent).toBeCloseTo(often.top(1)[0]!.sent, 6);
  });

  it('forgets who fell silent', () => {
    const rates = new TopRates();
    rates.add('a', 1000, 0);
    for (let second = 0; second < 60; second++) rates.advance(1);
    expect(rates.top(5)).toEqual([]);
  });

  it('is bounded', () => {
    const rates = new TopRates(3);
    for (const name of ['a', 'b', 'c', 'd']) rates.add(name, 1000, 0);
    rates.advance(1);
    expect(rates.top(5).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });
});

describe('DeniedFlows', () => {
  const flow = {
    source: 'a',
    destination: 'b',
    service: 'tcp/1',
    action: 'Drop',
    policy: 'p',
    direction: 'ingress',
  } as const;

  it('counts what comes again and shows it first', () => {
    const flows = new DeniedFlows(2);
    flows.add(flow);
    flows.add({ ...flow, source: 'x' });
    flows.add(flow);
    expect(flows.latest(5)).toEqual([
      { flow, times: 2 },
      { flow: { ...flow, source: 'x' }, times: 1 },
    ]);
    flows.add({ ...flow, source: 'y' });
    expect(flows.latest(5).map((count) => count.flow.source)).toEqual(['y', 'a']);
    expect(flows.total).toBe(4);
  });
});

describe('TrafficSink', () => {
  const web = {
    sourcePodNamespace: 'shop',
    sourcePodName: 'web',
    destinationPodNamespace: 'data',
    destinationPodName: 'db',
  };

  it('counts the bytes of both directions for both ends', async () => {
    const sink = new TrafficSink();
    await sink.deliver([
      aBatch([
        { ...web, octetDeltaCountFromSourceNode: 1000n, reverseOctetDeltaCountFromSourceNode: 5000n },
        { sourcePodNamespace: 'shop', sourcePodName: 'web', octetDeltaCountFromSourceNode: 1000n },
      ]),
    ]);
    sink.advance(1);
    const names = sink.pods.top(5).map(({ name }) => name);
    expect(names).toEqual(['shop/web', 'data/db']);
    const [shopWeb, dataDb] = sink.pods.top(5);
    expect(shopWeb!.sent / dataDb!.received).toBeCloseTo(2);
    expect(shopWeb!.received).toBeCloseTo(dataDb!.sent);
    expect(sink.namespaces.top(5).map(({ name }) => name)).toEqual(['shop', 'data', '(outside)']);
  });

  it('keeps the flows that a policy denied', async () => {
    const sink = new TrafficSink();
    await sink.deliver([
      aBatch([
        {
          ...web,
          egressNetworkPolicyRuleAction: 2,
          egressNetworkPolicyNamespace: 'shop',
          egressNetworkPolicyName: 'deny',
        },
        { ingressNetworkPolicyRuleAction: 3, ingressNetworkPolicyName: 'everyone', protocolIdentifier: 17 },
        { ...web, ingressNetworkPolicyRuleAction: 1 },
      ]),
      aBatch([]),
    ]);
    expect(sink.denied.total).toBe(2);
    expect(sink.denied.latest(5).map(({ flow }) => flow)).toEqual([
      {
        source: '10.0.0.1',
        destination: '10.0.0.2',
        service: 'udp/80',
        action: 'Reject',
        policy: 'everyone',
        direction: 'ingress',
      },
      {
        source: 'shop/web',
        destination: 'data/db',
        service: 'tcp/80',
        action: 'Drop',
        policy: 'shop/deny',
        direction: 'egress',
      },
    ]);
  });
});

describe('Screen', () => {
  class FakeTerminal extends EventEmitter {
    columns = 10;
    rows = 2;
    text = '';
    write(text: string): void {
      this.text += text;
    }
    take(): string {
      const { text } = this;
      this.text = '';
      return text;
    }
  }

  it('takes the terminal over, draws when told and when its size changes, and gives it back', () => {
    const terminal = new FakeTerminal();
    const screen = new Screen(terminal, (columns, rows) => [`${columns}`, `${rows}`]);
    screen.redraw();
    expect(terminal.take()).toBe('');
    screen.open();
    screen.open();
    expect(terminal.take()).toBe('\u001b[?1049h\u001b[?25l');
    screen.redraw();
    expect(terminal.take()).toBe('\u001b[?2026h\u001b[H10\u001b[K\r\n2\u001b[K\u001b[J\u001b[?2026l');
    terminal.columns = 20;
    terminal.emit('resize');
    expect(terminal.take()).toContain('20\u001b[K');
    screen.close();
    screen.close();
    expect(terminal.take()).toBe('\u001b[?25h\u001b[?1049l');
    terminal.emit('resize');
    expect(terminal.take()).toBe('');
  });
});
