import { beforeEach, describe, expect, it } from '@jest/globals';
import { PrometheusMetrics } from '../../../src/adapters/metrics/prometheus-metrics.js';

describe('PrometheusMetrics', () => {
  let metrics: PrometheusMetrics;
  beforeEach(() => {
    metrics = new PrometheusMetrics();
  });

  /** Lines of the text format that have values. */
  const lines = async (): Promise<string[]> =>
    (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

  it('shows a counter from the start, and what was counted when it is read', async () => {
    const counter = metrics.counter('a_total', 'An a.');
    expect(await lines()).toEqual(['a_total 0']);
    counter.add();
    counter.add(41);
    expect(counter.value).toBe(42);
    expect(await lines()).toEqual(['a_total 42']);
    expect(await metrics.text()).toContain('# HELP a_total An a.\n# TYPE a_total counter\n');
  });

  it('gives the same counter for the same name and labels, whatever their order', async () => {
    const one = metrics.counter('a_total', 'An a.', { x: '1', y: '2' });
    expect(metrics.counter('a_total', 'An a.', { y: '2', x: '1' })).toBe(one);
    expect(metrics.counter('a_total', 'An a.', { x: '2', y: '2' })).not.toBe(one);
    expect(await lines()).toEqual(['a_total{x="1",y="2"} 0', 'a_total{x="2",y="2"} 0']);
  });

  it('reads gauges and counters that others keep each time metrics are read', async () => {
    let value = 1;
    metrics.gauge('g', 'A g.', () => value);
    metrics.observedCounter('o_total', 'An o.', () => 2 * value);
    expect(await lines()).toEqual(['g 1', 'o_total 2']);
    value = 5;
    expect(await lines()).toEqual(['g 5', 'o_total 10']);
  });

  it('lets a later gauge of the same name and labels take the place', async () => {
    metrics.gauge('g', 'A g.', () => 1, { part: 'x' });
    metrics.gauge('g', 'A g.', () => 2, { part: 'x' });
    expect(await lines()).toEqual(['g{part="x"} 2']);
  });

  it('shows histograms from the start', async () => {
    const histogram = metrics.histogram('h_seconds', 'An h.', [0.1, 1], { sink: 's' });
    expect(await lines()).toContain('h_seconds_count{sink="s"} 0');
    histogram.observe(0.5);
    expect(await lines()).toEqual([
      'h_seconds_bucket{le="0.1",sink="s"} 0',
      'h_seconds_bucket{le="1",sink="s"} 1',
      'h_seconds_bucket{le="+Inf",sink="s"} 1',
      'h_seconds_sum{sink="s"} 0.5',
      'h_seconds_count{sink="s"} 1',
    ]);
    expect(metrics.histogram('h_seconds', 'An h.', [0.1, 1], { sink: 's' })).toBe(histogram);
  });

  it('removes everything that has the given labels, and begins anew after that', async () => {
    metrics.counter('c_total', 'A c.', { sink: 's', reason: 'full' }).add();
    metrics.counter('c_total', 'A c.', { sink: 's', reason: 'shutdown' }).add();
    metrics.counter('c_total', 'A c.', { sink: 't', reason: 'full' }).add();
    metrics.histogram('h', 'An h.', [1], { sink: 's' }).observe(1);
    metrics.remove('c_total', { sink: 's' });
    metrics.remove('h', { sink: 's' });
    metrics.remove('nothing', {});
    expect(await lines()).toEqual(['c_total{sink="t",reason="full"} 1']);
    expect(metrics.counter('c_total', 'A c.', { sink: 's', reason: 'full' }).value).toBe(0);
  });

  it('sums what has at least the given labels', () => {
    metrics.counter('c_total', 'A c.', { sink: 's', reason: 'full' }).add(1);
    metrics.counter('c_total', 'A c.', { sink: 't', reason: 'full' }).add(2);
    metrics.counter('c_total', 'A c.', { sink: 't', reason: 'shutdown' }).add(4);
    metrics.gauge('g', 'A g.', () => 8);
    expect(metrics.sum('c_total')).toBe(7);
    expect(metrics.sum('c_total', { reason: 'full' })).toBe(3);
    expect(metrics.sum('c_total', { reason: 'none' })).toBe(0);
    expect(metrics.sum('g')).toBe(8);
    expect(metrics.sum('nothing')).toBe(0);
  });

  it('refuses labels of other names', () => {
    metrics.counter('c_total', 'A c.', { sink: 's' });
    expect(() => metrics.counter('c_total', 'A c.', { part: 's' })).toThrow(
      'metric c_total has the labels "sink", not "part"',
    );
  });

  it('refuses to count where somebody else does', () => {
    metrics.observedCounter('o_total', 'An o.', () => 1);
    expect(() => metrics.counter('o_total', 'An o.')).toThrow(TypeError);
  });
});
