import { afterEach, describe, expect, it } from '@jest/globals';
import { AggregateFlows } from '../../../src/application/aggregate-flows.js';
import { TestTable } from '../a-table.js';
import { upTo } from './numbered-flows.js';
import { isUnable } from './sink-harness.js';
import { SourceFixture, records } from './source-fixture.js';
import type { SourceHarness, SourceOptions } from './source-harness.js';
import { untilQuiet, watched } from './waiting.js';

/** What stopping may take while a sender does not go. */
const STOP_MS = 1_500;

/** Opens a source of a test, which is stopped after it. */
type OpenSource = (options?: Partial<SourceOptions>) => Promise<SourceFixture>;

/**
 * The contract of the `FlowSource` port, as tests: whatever a service may rely on, any implementation is to be run through.
 *
 * Where a transport can't keep a part of it the harness says so with the reason, and a test of what it does instead takes that part's place.
 */
export function describeSourceContract(name: string, harness: SourceHarness): void {
  describe(`The contract of sources: ${name}`, () => {
    const fixtures: SourceFixture[] = [];
    const made: OpenSource = async (options) => {
      const fixture = await SourceFixture.of(harness, options);
      fixtures.push(fixture);
      return fixture;
    };
    const started: OpenSource = async (options) => (await made(options)).start();
    afterEach(async () => {
      for (const fixture of fixtures.splice(0)) await fixture.close();
    });

    describe('listening', () => describeListening(harness, made, started));
    describe('records', () => describeRecords(harness, started));
    describe('pausing', () => describePausing(harness, started));
    describe('bad senders', () => describeBadSenders(harness, started));
    describe('limits.maxSessions', () => describeMaxSessions(harness, started));
    describe('stopping', () => describeStopping(harness, made, started));
  });
}

function describeListening({ transport }: SourceHarness, made: OpenSource, started: OpenSource): void {
  it('begins with start: before it there is no address and no session', async () => {
    const fixture = await made();
    expect(fixture.source.name).toBe(transport);
    expect(fixture.source.address).toBe('');
    expect(fixture.of('sessions')).toBe(0);
    expect(fixture.clock.timers).toBe(0);
  });

  it('is on any free port for port 0, and the address says on which', async () => {
    const [one, another] = [await started(), await started()];
    expect(one.source.address).toMatch(/^127\.0\.0\.1:[1-9]\d*$/);
    expect(one.port).not.toBe(another.port);
  });

  it('on a port that is taken fails with an error that names it, and disturbs nobody', async () => {
    const first = await started();
    const second = await made({ port: first.port });
    await expect(second.start()).rejects.toThrow(`127.0.0.1:${first.port}`);
    await second.stop();
    expect(second.clock.timers).toBe(0);
    await (await first.sender()).send(records(0, 3));
    await first.handedOver(3);
  });
}

function describeRecords({ transport }: SourceHarness, started: OpenSource): void {
  it('are handed over in order with their values, each readable while the receiver has it', async () => {
    const fixture = await started();
    const sender = await fixture.sender();
    const sent = records(0, 200);
    await sender.send(sent.slice(0, 50));
    await sender.send(sent.slice(50));
    await fixture.handedOver(200);
    expect(fixture.ids).toEqual(upTo(200));
    for (const [index, record] of sent.entries())
      expect(fixture.received[index]).toMatchObject({ ...record, exporter: '127.0.0.1' });
    expect(fixture.of('records_received_total')).toBe(200);
  });

  it('of several sessions at once are in order in each', async () => {
    const fixture = await started();
    const senders = await Promise.all(upTo(5).map(() => fixture.sender()));
    for (let round = 0; round < 10; round++)
      await Promise.all(senders.map((sender, index) => sender.send(records(1_000 * index + 10 * round, 10))));
    await fixture.handedOver(500);
    for (const index of upTo(5)) {
      const own = fixture.ids.filter((id) => Math.floor(id / 1_000) === index);
      expect(own).toEqual(upTo(1_000 * index + 100, 1_000 * index));
    }
    expect(fixture.of('sessions')).toBe(5);
  });

  it('are counted, and the counters of what becomes of them balance', async () => {
    const fixture = await started();
    const { metrics } = fixture;
    fixture.also = new AggregateFlows(new TestTable({ maxFlows: 30, maxStringBytes: 2 ** 22 }).table, metrics);
    const sender = await fixture.sender();
    await sender.send(records(0, 50));
    await sender.send(records(0, 50));
    await sender.send(records(20, 50));
    await fixture.handedOver(150);
    const of = (outcome: string): number => metrics.sum(`weir_records_${outcome}_total`);
    expect(metrics.value('weir_records_received_total', { transport })).toBe(150);
    expect(of('taken') + of('older') + of('duplicate') + of('dropped')).toBe(150);
    expect(of('older')).toBeGreaterThan(0);
  });
}

function describePausing({ abilities: { holdsBack } }: SourceHarness, started: OpenSource): void {
  if (isUnable(holdsBack)) {
    it(`changes nothing: ${holdsBack.because}`, async () => {
      const fixture = await started();
      fixture.source.pause();
      await (await fixture.sender()).send(records(0, 10));
      await fixture.handedOver(10);
      fixture.source.resume();
    });
    return;
  }

  it('hands nothing over, of sessions that begin meanwhile neither; resuming loses nothing', async () => {
    const fixture = await started();
    const before = await fixture.sender();
    await before.send(records(0, 5));
    await fixture.handedOver(5);
    fixture.source.pause();
    fixture.source.pause();
    watched(before.send(records(5, 5)));
    const after = fixture.sender().then((sender) => sender.send(records(100, 5)));
    watched(after);
    await untilQuiet();
    expect(fixture.ids).toEqual(upTo(5));
    fixture.source.resume();
    await fixture.handedOver(15);
    expect(fixture.ids.filter((id) => id < 100)).toEqual(upTo(10));
    expect(fixture.ids.filter((id) => id >= 100)).toEqual(upTo(105, 100));
  });

  it('makes a sender wait that has more to send than is on its way', async () => {
    const fixture = await started();
    const sender = await fixture.sender();
    fixture.source.pause();
    const sending = sender.send(records(0, 1_000, { large: true }));
    const progress = watched(sending);
    await untilQuiet();
    expect(progress).toEqual({ settled: false, error: undefined });
    expect(fixture.ids).toEqual([]);
    fixture.source.resume();
    await sending;
    await fixture.handedOver(1_000);
    expect(fixture.ids).toEqual(upTo(1_000));
  });

  it('is over with the first resume, and resuming without it does no harm', async () => {
    const fixture = await started();
    fixture.source.resume();
    fixture.source.pause();
    fixture.source.pause();
    fixture.source.resume();
    await (await fixture.sender()).send(records(0, 5));
    await fixture.handedOver(5);
  });
}

function describeBadSenders({ abilities: { hasSessions } }: SourceHarness, started: OpenSource): void {
  it.each(['sendMalformed', 'vanish'] as const)(
    'that %s are counted and said, and disturb nobody: not what they sent before, and not the others',
    async (misdeed) => {
      const fixture = await started();
      const [good, bad] = [await fixture.sender(), await fixture.sender()];
      await good.send(records(0, 10));
      await bad.send(records(100, 10));
      await fixture.handedOver(20);
      await bad[misdeed]();
      await fixture.until(() => fixture.of('messages_malformed_total') > 0);
      await good.send(records(10, 10));
      await fixture.handedOver(30);
      expect(fixture.of('messages_malformed_total')).toBe(1);
      expect(fixture.ids.filter((id) => id < 100)).toEqual(upTo(20));
      expect(fixture.ids.filter((id) => id >= 100)).toEqual(upTo(110, 100));
      const [line, ...others] = fixture.logger.of('repeated');
      expect(String(line?.fields['exporter'])).toMatch(/^127\.0\.0\.1:\d+$/);
      expect(others).toEqual([]);
      if (!isUnable(hasSessions) && misdeed === 'vanish') await fixture.until(() => fixture.of('sessions') === 1);
    },
  );

  it('can connect again and do better', async () => {
    const fixture = await started();
    const bad = await fixture.sender();
    await bad.sendMalformed();
    await fixture.until(() => fixture.of('messages_malformed_total') > 0);
    await (await fixture.sender()).send(records(0, 5));
    await fixture.handedOver(5);
    expect(fixture.ids).toEqual(upTo(5));
  });
}

function describeMaxSessions({ abilities: { hasSessions } }: SourceHarness, started: OpenSource): void {
  if (isUnable(hasSessions)) {
    it(`is kept by forgetting a sender for each one more: ${hasSessions.because}`, async () => {
      const fixture = await started({ maxSessions: 3 });
      for (const index of upTo(5)) await (await fixture.sender()).send(records(10 * index, 10));
      await fixture.handedOver(50);
      expect(fixture.of('sessions')).toBe(3);
      expect(fixture.of('sessions_evicted_total')).toBe(2);
    });
    return;
  }

  it('is kept by refusing who comes when they are open; who comes when one has ended is not refused', async () => {
    const fixture = await started({ maxSessions: 2 });
    const [one, two] = [await fixture.sender(), await fixture.sender()];
    await one.send(records(0, 5));
    await two.send(records(10, 5));
    await fixture.handedOver(10);
    // It may be refused when it connects or when it sends.
    const refused = await fixture.sender().catch(() => undefined);
    if (refused) {
      watched(refused.send(records(20, 5)));
      await fixture.until(() => refused.isOver);
    }
    await fixture.until(() => fixture.of('sessions_refused_total') === 1);
    expect(fixture.logger.matching(/limits\.maxSessions/)).toHaveLength(1);
    await one.close();
    await fixture.until(() => fixture.of('sessions') === 1);
    await (await fixture.sender()).send(records(30, 5));
    await two.send(records(15, 5));
    await fixture.handedOver(20);
    expect(fixture.ids.filter((id) => id >= 20 && id < 30)).toEqual([]);
    expect(fixture.of('sessions')).toBe(2);
  });
}

function describeStopping({ abilities }: SourceHarness, made: OpenSource, started: OpenSource): void {
  const { hasSessions, holdsBack } = abilities;

  it('hands over what was received, then there is no session, no timer and no address', async () => {
    const fixture = await started();
    const senders = [await fixture.sender(), await fixture.sender()];
    for (const [index, sender] of senders.entries()) await sender.send(records(500 * index, 200));
    await fixture.stop();
    expect(fixture.ids.filter((id) => id < 500)).toEqual(upTo(200));
    expect(fixture.ids.filter((id) => id >= 500)).toEqual(upTo(700, 500));
    expect(fixture.source.address).toBe('');
    await fixture.until(() => fixture.of('sessions') === 0);
    expect(fixture.of('templates')).toBe(0);
    expect(fixture.clock.timers).toBe(0);
    if (!isUnable(hasSessions)) await fixture.until(() => senders.every(({ isOver }) => isOver));
  });

  if (!isUnable(holdsBack))
    it('hands over what was held back', async () => {
      const fixture = await started();
      const sender = await fixture.sender();
      await sender.send(records(0, 5));
      await fixture.handedOver(5);
      fixture.source.pause();
      await sender.send(records(5, 5));
      await fixture.stop();
      expect(fixture.ids).toEqual(upTo(10));
    });

  it('is the end: nobody is heard any more', async () => {
    const fixture = await started();
    await (await fixture.sender()).send(records(0, 5));
    await fixture.handedOver(5);
    await fixture.stop();
    const late = fixture.sender().then((sender) => sender.send(records(5, 5)));
    if (isUnable(hasSessions)) watched(late);
    else await expect(late).rejects.toThrow();
    await untilQuiet();
    expect(fixture.ids).toEqual(upTo(5));
  });

  it('does not wait long for senders that stay though they are told that it is over', async () => {
    const fixture = await started();
    const sender = await fixture.sender({ stays: true });
    await sender.send(records(0, 5));
    await fixture.handedOver(5);
    const begun = fixture.clock.monotonicMilliseconds();
    await fixture.stop();
    expect(fixture.clock.monotonicMilliseconds() - begun).toBeLessThanOrEqual(STOP_MS);
    await fixture.until(() => fixture.of('sessions') === 0);
    expect(fixture.clock.timers).toBe(0);
  });

  it('may come again, at the same time, and before the start', async () => {
    const fixture = await started();
    await (await fixture.sender()).send(records(0, 5));
    await fixture.handedOver(5);
    await Promise.all([fixture.stop(), fixture.stop()]);
    await fixture.stop();
    await (await made()).stop();
  });

  it('leaves the port to whoever comes next', async () => {
    const first = await started();
    await (await first.sender()).send(records(0, 5));
    await first.handedOver(5);
    await first.stop();
    const second = await started({ port: first.port });
    await (await second.sender()).send(records(0, 5));
    await second.handedOver(5);
  });
}
