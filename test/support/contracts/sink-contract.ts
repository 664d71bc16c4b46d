import { afterEach, describe, expect, it } from '@jest/globals';
import { MAX_BATCH_ROWS } from '../../../src/domain/batch/flow-batch.js';
import type { Flow } from '../../../src/domain/flow/flow.js';
import { aBatch, type FlowValues } from '../a-batch.js';
import { settle } from '../fake-clock.js';
import {
  awkwardFlows,
  COMMON_NAMES,
  COUNTER_NAMES,
  ID_NAME,
  longGroup,
  numbered,
  numberedGroup,
  textsOf,
  upTo,
} from './numbered-flows.js';
import { describeSinkFailures } from './sink-failures.js';
import { SinkFixture, type OpenSink } from './sink-fixture.js';
import { isUnable, type SinkDestination, type SinkHarness } from './sink-harness.js';
import { describeQueuedSink } from './sink-queue-contract.js';
import { collectGarbage, untilQuiet, watched, withTime } from './waiting.js';

/**
 * The contract of the `FlowSink` port, as tests: whatever a queue may rely on, any implementation is to be run through.
 *
 * Where a medium can't keep a part of it the harness says so with the reason, and a test of what it does instead takes that part's place.
 */
export function describeSinkContract<D extends SinkDestination, Q>(name: string, harness: SinkHarness<D, Q>): void {
  describe(`The contract of sinks: ${name}`, () => {
    const fixtures: SinkFixture<D, Q>[] = [];
    const open: OpenSink<D, Q> = async (options) => {
      const fixture = await SinkFixture.of(harness, options);
      fixtures.push(fixture);
      return fixture;
    };
    afterEach(async () => {
      for (const fixture of fixtures.splice(0)) await fixture.close();
    });

    describe('what a queue is told', () => describeDescription(harness, open));
    describe('a delivery', () => describeDelivery(harness, open));
    describe('a filter', () => describeFilter(harness, open));
    describe('what goes wrong', () => describeSinkFailures(harness, open));
    describe('the end', () => describeEnd(harness, open));
    describe('behind its queue', () => describeQueuedSink(harness));
  });
}

function describeDescription<D extends SinkDestination, Q>(harness: SinkHarness<D, Q>, open: OpenSink<D, Q>): void {
  it('is a name that metrics can have, always the same', async () => {
    const { sink } = await open();
    expect(sink.name).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(sink.name).toBe(sink.name);
  });

  it('are bounds that can be reached', async () => {
    const { batching, queueLimit } = (await open()).sink;
    const { maxRows, maxBytes, maxWaitMs, concurrency = 1 } = batching;
    for (const count of [maxRows, maxBytes, concurrency]) {
      expect(count).toBeGreaterThanOrEqual(1);
      expect(Number.isSafeInteger(count)).toBe(true);
    }
    expect(maxWaitMs).toBeGreaterThanOrEqual(0);
    expect(maxWaitMs).toBeLessThanOrEqual(600_000);
    // A queue that holds less than what is gathered would drop before it delivers.
    expect(queueLimit?.maxRows ?? maxRows).toBeGreaterThanOrEqual(maxRows);
    expect(queueLimit?.maxBytes ?? maxBytes).toBeGreaterThanOrEqual(maxBytes);
  });

  it(`is that it ${harness.encodes ? 'makes what waits out of batches, and says its size' : 'takes batches as they are'}`, async () => {
    const fixture = await open();
    expect(fixture.sink.encode !== undefined).toBe(harness.encodes);
    if (!harness.encodes) return;
    const batch = numbered(0, 100);
    const before = batch.rows.slice();
    const [once, again] = await fixture.group([batch, batch]);
    expect(batch.rows).toEqual(before);
    expect(again).toEqual(once);
    expect(once).toMatchObject({ byteLength: expect.any(Number) });
  });
}

function describeDelivery<D extends SinkDestination, Q>(harness: SinkHarness<D, Q>, open: OpenSink<D, Q>): void {
  const { countersArrive } = harness.abilities;
  const names = isUnable(countersArrive) ? COMMON_NAMES : [...COMMON_NAMES, ...COUNTER_NAMES];
  const except = isUnable(countersArrive) ? ` (but for counters: ${countersArrive.because})` : '';

  it(`hands over every flow with its values, however awkward${except}`, async () => {
    const fixture = await open();
    const batch = awkwardFlows();
    await fixture.deliverAll([batch]);
    await fixture.arrived(batch.length);
    // A format may put families apart, so that here order is by number.
    const arrived = fixture.destination.arrived.toSorted((a, b) => a.id - b.id);
    const texts = arrived.map((flow) => Object.fromEntries(names.map((each) => [each, flow.texts[each]])));
    expect(texts).toEqual(textsOf(batch, names));
  });

  it('of many batches and an empty one arrives in order, each flow once', async () => {
    const fixture = await open();
    const batches = numberedGroup(40, 25);
    batches.splice(7, 0, aBatch([]));
    await fixture.deliverAll(batches);
    await fixture.arrived(1_000);
    await untilQuiet();
    expect(fixture.ids).toEqual(upTo(1_000));
  });

  it('of nothing but an empty batch is taken', async () => {
    const fixture = await open();
    await fixture.deliverAll([aBatch([])]);
    await untilQuiet();
    expect(fixture.ids).toEqual([]);
  });

  it('of batches of the largest size arrives whole', async () => {
    const fixture = await open();
    await fixture.deliverAll([numbered(0, MAX_BATCH_ROWS), numbered(MAX_BATCH_ROWS, 1)]);
    await fixture.arrived(MAX_BATCH_ROWS + 1);
    expect(fixture.ids).toEqual(upTo(MAX_BATCH_ROWS + 1));
  });

  it('follows the one before', async () => {
    const fixture = await open();
    for (let first = 0; first < 300; first += 60) await fixture.deliverAll([numbered(first, 60)]);
    await fixture.arrived(300);
    expect(fixture.ids).toEqual(upTo(300));
  });

  it('is made beside as many others as batching.concurrency says', async () => {
    const fixture = await open();
    const { concurrency = 1 } = fixture.sink.batching;
    const groups = await Promise.all(upTo(concurrency).map((index) => fixture.group([numbered(50 * index, 50)])));
    await Promise.all(groups.map((group) => fixture.deliver(group)));
    await fixture.arrived(50 * concurrency);
    expect(fixture.ids.toSorted((a, b) => a - b)).toEqual(upTo(50 * concurrency));
  });

  it('changes nothing in a batch, which other sinks have too', async () => {
    const fixture = await open();
    const batch = awkwardFlows();
    const before = new Uint8Array(batch.buffer).slice();
    await fixture.deliverAll([batch]);
    expect(new Uint8Array(batch.buffer)).toEqual(before);
  });

  it('lets others have their turn while it is made', async () => {
    const fixture = await open();
    const group = await fixture.group(numberedGroup(2, 1_000));
    const delivery = watched(fixture.begin(group));
    let turns = 0;
    while (!delivery.settled) {
      await settle();
      fixture.clock.advanceNow(1);
      turns++;
    }
    expect(delivery.error).toBeUndefined();
    expect(turns).toBeGreaterThan(1);
  });

  it('once made leaves nothing of its batches behind', async () => {
    const fixture = await open();
    const [references] = await groupOf(fixture, true);
    await fixture.arrived(10);
    await collectGarbage();
    expect(references.map((reference) => reference.deref())).toEqual([undefined, undefined]);
  });

  if (harness.encodes)
    it('holds what was made of its batches, not the batches, while it waits', async () => {
      const [references, group] = await groupOf(await open(), false);
      await collectGarbage();
      expect(references.map((reference) => reference.deref())).toEqual([undefined, undefined]);
      expect(group).toHaveLength(2);
    });
}

/**
 * A group of two batches that nobody but the sink has, delivered if so asked: references to their memory, and the group if it was not.
 * A batch is a view of its memory, so that whoever has any other view of that holds as much.
 */
async function groupOf<D extends SinkDestination, Q>(
  fixture: SinkFixture<D, Q>,
  isDelivered: boolean,
): Promise<[WeakRef<ArrayBuffer>[], readonly Q[]]> {
  const batches = numberedGroup(2, 5);
  const group = await fixture.group(batches);
  if (isDelivered) await fixture.deliver(group);
  return [batches.map(({ buffer }) => new WeakRef(buffer)), isDelivered ? [] : group];
}

function describeFilter<D extends SinkDestination, Q>({ filter }: SinkHarness<D, Q>, open: OpenSink<D, Q>): void {
  if (isUnable(filter)) {
    it(`is not there (${filter.because}): everything is delivered`, async () => {
      const fixture = await open();
      const group = await fixture.group(numberedGroup(2, 10));
      await fixture.deliver(group);
      expect(group.map((item) => fixture.sink.filtered?.(item) ?? 0)).toEqual([0, 0]);
    });
    return;
  }

  it('keeps back as many flows as it says, and always says the same', async () => {
    const { passing } = filter;
    const fixture = await open({ make: filter.sink.bind(filter) });
    const batch = filter.batch();
    const group = await fixture.group([batch, batch]);
    await fixture.deliver(group);
    await fixture.arrived(2 * passing.length);
    await untilQuiet();
    const kept = batch.length - passing.length;
    for (let asked = 0; asked < 2; asked++)
      expect(group.map((item) => fixture.sink.filtered?.(item) ?? 0)).toEqual([kept, kept]);
    expect(fixture.ids).toEqual([...passing, ...passing]);
  });

  it('that keeps everything back leaves nothing to deliver, which succeeds', async () => {
    const { passing } = filter;
    const fixture = await open({ make: filter.sink.bind(filter) });
    const isPassing = (id: number): boolean => passing.includes(id);
    const none = aBatch([...filter.batch()].filter((flow) => !isPassing(flow[ID_NAME])).map(valuesOf));
    const group = await fixture.group([none]);
    await fixture.deliver(group);
    await untilQuiet();
    expect(fixture.ids).toEqual([]);
    expect(group.map((item) => fixture.sink.filtered?.(item) ?? 0)).toEqual([none.length]);
  });
}

/** What the flows of a filter's batch may differ in. */
function valuesOf(flow: Flow): FlowValues {
  const { sourcePodNamespace, destinationPodNamespace, sourceIP, destinationIP } = flow;
  const { ingressNetworkPolicyRuleAction, egressNetworkPolicyRuleAction } = flow;
  return {
    sourcePodNamespace,
    destinationPodNamespace,
    sourceIP,
    destinationIP,
    ingressNetworkPolicyRuleAction,
    egressNetworkPolicyRuleAction,
    [ID_NAME]: flow[ID_NAME],
  };
}

function describeEnd<D extends SinkDestination, Q>(harness: SinkHarness<D, Q>, open: OpenSink<D, Q>): void {
  it('comes after all that was delivered has arrived', async () => {
    const fixture = await open();
    await fixture.deliverAll(numberedGroup(2, 1_000));
    await withTime(fixture.clock, fixture.sink.close());
    await fixture.arrived(2_000);
    expect(fixture.ids).toEqual(upTo(2_000));
  });

  it('leaves no session and no timer', async () => {
    const fixture = await open();
    await fixture.deliverAll([numbered(0, 10)]);
    await withTime(fixture.clock, fixture.sink.close());
    await withTime(fixture.clock, noSession(fixture));
    expect(fixture.clock.timers).toBe(0);
  });

  it('may come before anything was delivered, and more than once', async () => {
    const fixture = await open();
    await withTime(fixture.clock, Promise.all([fixture.sink.close(), fixture.sink.close()]));
    await withTime(fixture.clock, fixture.sink.close());
  });

  it('is the end: nothing is delivered any more', async () => {
    const fixture = await open();
    await fixture.deliverAll([numbered(0, 10)]);
    const group = await fixture.group([numbered(10, 10)]);
    await withTime(fixture.clock, fixture.sink.close());
    await expect(fixture.deliver(group)).rejects.toThrow();
    await fixture.arrived(10);
    await untilQuiet();
    expect(fixture.ids).toEqual(upTo(10));
  });

  it('comes after a delivery that was given up with what did not arrive, and nothing less', async () => {
    const fixture = await open();
    const { destination, sink, clock } = fixture;
    if (!sink.untaken) return;
    const abort = new AbortController();
    const { batches, flows: count } = longGroup(false);
    const group = await fixture.group(batches);
    const delivery = watched(fixture.begin(group, abort.signal));
    await withTime(clock, destination.reached());
    abort.abort(new Error('given up'));
    await withTime(clock, sink.close());
    const rest = sink.untaken(group).flatMap((batch) => [...batch].map((flow) => flow[ID_NAME]));
    await withTime(clock, noSession(fixture));
    await untilQuiet();
    expect(delivery.settled).toBe(true);
    expect([...new Set([...fixture.ids, ...rest])].sort((a, b) => a - b)).toEqual(upTo(count));
    if (harness.repeats === 'none') expect(fixture.ids.length + rest.length).toBe(count);
  });

  const { holdsBack } = harness.abilities;
  it.each(isUnable(holdsBack) ? ['taken'] : ['taken', 'held up'])(
    'comes though a delivery is under way that is being %s; the delivery ends, and nothing is left',
    async (how) => {
      const fixture = await open();
      const { destination, sink, clock } = fixture;
      if (how === 'held up') destination.hold();
      const group = await fixture.group(longGroup(how === 'held up').batches);
      const delivery = watched(fixture.begin(group));
      await withTime(clock, destination.reached());
      await withTime(clock, sink.close());
      destination.release();
      await withTime(clock, noSession(fixture));
      await untilQuiet();
      expect(delivery.settled).toBe(true);
      expect(destination.sessions).toBe(0);
      expect(clock.timers).toBe(0);
    },
  );
}

async function noSession<D extends SinkDestination, Q>({ destination }: SinkFixture<D, Q>): Promise<void> {
  while (destination.sessions > 0) await settle();
}
