import { expect, it } from '@jest/globals';
import { MAX_BATCH_ROWS } from '../../../src/domain/batch/flow-batch.js';
import { longGroup, numbered, numberedGroup, upTo } from './numbered-flows.js';
import { ABORT_GRACE_MS, type OpenSink, type SinkFixture } from './sink-fixture.js';
import { isUnable, type SinkDestination, type SinkHarness } from './sink-harness.js';
import { liveBytes, untilQuiet, watched, withTime } from './waiting.js';

/** Bytes that a sink may have of a long group, beside the group itself, while it delivers it: several chunks, a small part of the group. */
const HELD_BYTES = 6 * 1024 * 1024;

/** Deliveries that are given up, held up, or lose their destination. */
export function describeSinkFailures<D extends SinkDestination, Q>(
  harness: SinkHarness<D, Q>,
  open: OpenSink<D, Q>,
): void {
  describeAbort(harness, open);
  describeSlowDestination(harness, open);
  describeAbsence(harness, open);
  describeLeave(harness, open);
  describeVanishing(harness, open);
}

function describeAbort<D extends SinkDestination, Q>(harness: SinkHarness<D, Q>, open: OpenSink<D, Q>): void {
  it('a delivery that is given up before it begins delivers nothing; the same group can be delivered later', async () => {
    const fixture = await open();
    const group = await fixture.group(numberedGroup(2, 10));
    await expect(fixture.deliver(group, AbortSignal.abort())).rejects.toThrow();
    await untilQuiet();
    expect(fixture.ids).toEqual([]);
    await fixture.deliver(group);
    await fixture.arrived(20);
    expect(fixture.ids).toEqual(upTo(20));
  });

  it('a delivery that is given up while it is under way ends soon, and the same group can be delivered later', async () => {
    const fixture = await open();
    const { destination, clock } = fixture;
    const canBeHeld = !isUnable(harness.abilities.holdsBack);
    const { batches, flows } = longGroup(canBeHeld);
    const group = await fixture.group(batches);
    destination.hold();
    const abort = new AbortController();
    const delivery = fixture.begin(group, abort.signal);
    const progress = watched(delivery);
    await withTime(clock, destination.reached());
    // It then stands still in the middle of a write.
    if (canBeHeld) await untilQuiet();
    abort.abort();
    await withTime(
      clock,
      delivery.catch(() => undefined),
      ABORT_GRACE_MS,
    );
    // What takes everything at once may have done so before it was told to stop.
    if (canBeHeld) expect(progress.error).toBeDefined();
    destination.release();
    if (progress.error !== undefined) await fixture.deliver(group);
    await expectAll(fixture, flows);
  });
}

function describeSlowDestination<D extends SinkDestination, Q>(
  { abilities: { holdsBack } }: SinkHarness<D, Q>,
  open: OpenSink<D, Q>,
): void {
  if (isUnable(holdsBack)) {
    it(`a slow destination does not hold a delivery up: ${holdsBack.because}`, async () => {
      const fixture = await open();
      fixture.destination.hold();
      await fixture.deliverAll([numbered(0, 10)]);
      fixture.destination.release();
      await fixture.arrived(10);
    });
    return;
  }

  it('a slow destination holds a delivery up, without the sink holding much of it; when it goes on, so does the delivery', async () => {
    const fixture = await open();
    const { destination } = fixture;
    const { batches, flows } = longGroup(true);
    const group = await fixture.group(batches);
    destination.hold();
    const before = await liveBytes();
    const delivery = fixture.begin(group);
    const progress = watched(delivery);
    await withTime(fixture.clock, destination.reached());
    await untilQuiet();
    const held = (await liveBytes()) - before;
    expect(progress).toEqual({ settled: false, error: undefined });
    expect(held).toBeLessThan(HELD_BYTES);
    destination.release();
    await withTime(fixture.clock, delivery);
    await fixture.arrived(flows);
    expect(fixture.ids).toEqual(upTo(flows));
  });
}

function describeAbsence<D extends SinkDestination, Q>(
  { abilities: { noticesAbsence } }: SinkHarness<D, Q>,
  open: OpenSink<D, Q>,
): void {
  if (isUnable(noticesAbsence)) {
    it(`a destination that is missing does not make a delivery fail: ${noticesAbsence.because}`, async () => {
      const fixture = await open({ away: true });
      await fixture.deliverAll([numbered(0, 10)]);
      await fixture.destination.start();
      await fixture.deliverAll([numbered(10, 10)]);
    });
    return;
  }

  it('a destination that is missing makes a delivery fail, again and again; once it is there the same group arrives', async () => {
    const fixture = await open({ away: true });
    const group = await fixture.group(numberedGroup(3, 10));
    for (let attempt = 0; attempt < 3; attempt++) await expect(fixture.deliver(group)).rejects.toThrow(/\S/);
    expect(fixture.destination.count).toBe(0);
    await fixture.destination.start();
    await fixture.deliver(group);
    await fixture.arrived(30);
    await untilQuiet();
    expect(fixture.ids).toEqual(upTo(30));
  });
}

function describeLeave<D extends SinkDestination, Q>(
  { abilities: { leavesInOrder } }: SinkHarness<D, Q>,
  open: OpenSink<D, Q>,
): void {
  const where = isUnable(leavesInOrder) ? ` between two deliveries (${leavesInOrder.because})` : '';

  it(`a destination that takes its leave${where} and comes back gets every flow, and none twice`, async () => {
    const fixture = await open();
    const { destination, clock } = fixture;
    const { batches, flows } = longGroup(true);
    if (isUnable(leavesInOrder)) {
      await fixture.deliverAll([numbered(0, 20)]);
      await fixture.arrived(20);
      await destination.leave();
      await destination.start();
      const next = await fixture.group([numbered(20, 20)]);
      await fixture.deliver(next).catch(() => fixture.deliver(next));
      await fixture.arrived(40);
      expect(fixture.ids).toEqual(upTo(40));
      return;
    }
    const group = await fixture.group(batches);
    const delivery = fixture.begin(group);
    watched(delivery);
    await withTime(clock, destination.reached());
    await withTime(clock, destination.leave());
    await destination.start();
    await withTime(clock, delivery).catch(() => fixture.deliver(group));
    await fixture.arrived(flows);
    await untilQuiet(() => destination.count);
    expect(fixture.ids).toEqual(upTo(flows));
  });
}

function describeVanishing<D extends SinkDestination, Q>(harness: SinkHarness<D, Q>, open: OpenSink<D, Q>): void {
  const { holdsBack, noticesVanishing, confirms } = harness.abilities;

  const { batches, flows } = longGroup(!isUnable(holdsBack));

  /** A delivery in the middle of which the destination is gone. */
  const interrupt = async (): Promise<[SinkFixture<D, Q>, readonly Q[], () => Promise<void>]> => {
    const fixture = await open();
    const { destination, clock } = fixture;
    const group = await fixture.group(batches);
    destination.hold();
    const delivery = fixture.begin(group);
    watched(delivery);
    await withTime(clock, destination.reached());
    if (!isUnable(holdsBack)) await untilQuiet();
    await destination.vanish();
    destination.release();
    return [fixture, group, () => withTime(clock, delivery)];
  };

  if (isUnable(noticesVanishing)) {
    it(`a destination that vanishes does not make a delivery fail: ${noticesVanishing.because}`, async () => {
      const [fixture, , delivered] = await interrupt();
      await delivered();
      await fixture.destination.start();
      await expectAll(fixture, flows);
    });
    return;
  }

  it('a destination that vanishes makes the delivery fail, and the next ones until it is back', async () => {
    const [fixture, group, delivered] = await interrupt();
    await expect(delivered()).rejects.toThrow(/\S/);
    await expect(fixture.deliver(group)).rejects.toThrow(/\S/);
  });

  it(`a destination that comes back gets the same group${isUnable(confirms) ? ` from what is not confirmed on (${confirms.because})` : ''}`, async () => {
    const [fixture, group, delivered] = await interrupt();
    await expect(delivered()).rejects.toThrow();
    await untilQuiet(() => fixture.destination.count);
    const before = fixture.destination.count;
    await fixture.destination.start();
    await fixture.deliver(group);
    if (!isUnable(confirms)) {
      await expectAll(fixture, flows);
      return;
    }
    const last = (): number | undefined => fixture.destination.arrived.at(-1)?.id;
    const arrive = async (): Promise<void> => {
      while (last() !== flows - 1) await untilQuiet(() => fixture.destination.count);
    };
    await withTime(fixture.clock, arrive());
    const again = fixture.ids.slice(before);
    expect(again).toEqual(upTo(flows, again[0]));
    // Who does not know what arrived begins again.
    if (harness.repeats === 'the group') expect(again[0]).toBe(0);
    expectRepeats(fixture, flows);
  });

  it('what was delivered before the destination vanished is not delivered again with the next group', async () => {
    const fixture = await open();
    await fixture.deliverAll([numbered(0, 20)]);
    await fixture.arrived(20);
    await fixture.destination.vanish();
    await untilQuiet();
    await fixture.destination.start();
    const group = await fixture.group([numbered(20, 20)]);
    // That the destination was gone may be noticed before the delivery or by it.
    await fixture.deliver(group).catch(() => fixture.deliver(group));
    await fixture.arrived(40);
    await untilQuiet();
    expect(fixture.ids).toEqual(upTo(40));
  });
}

/** All flows of a group arrive, and no more of them twice than the harness says. */
async function expectAll<D extends SinkDestination, Q>(fixture: SinkFixture<D, Q>, flows: number): Promise<void> {
  const missing = (): number[] => {
    const ids = new Set(fixture.ids);
    return upTo(flows).filter((id) => !ids.has(id));
  };
  await fixture.arrived(flows);
  await untilQuiet(() => fixture.destination.count);
  expect(missing()).toEqual([]);
  expectRepeats(fixture, flows);
}

function expectRepeats<D extends SinkDestination, Q>({ ids, harness }: SinkFixture<D, Q>, flows: number): void {
  const repeated = ids.length - new Set(ids).size;
  expect(repeated).toBeLessThanOrEqual({ none: 0, 'a batch': MAX_BATCH_ROWS, 'the group': flows }[harness.repeats]);
}
