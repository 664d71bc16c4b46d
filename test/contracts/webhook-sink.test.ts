import { describe, expect, it } from '@jest/globals';
import { WebhookSink } from '../../docs/examples/custom-sink/webhook-sink.js';
import { aBatch } from '../support/a-batch.js';
import { HttpDestination } from '../support/contracts/http-destination.js';
import { flowsOfLines } from '../support/contracts/json-arrivals.js';
import { ID_NAME } from '../support/contracts/numbered-flows.js';
import { describeSinkContract } from '../support/contracts/sink-contract.js';
import type { SinkContext } from '../support/contracts/sink-harness.js';
import { LoopbackClock } from '../support/fake-clock.js';

const NEVER = new AbortController().signal;

const sinkOf =
  (namespaces: readonly string[]) =>
  ({ url }: HttpDestination, { clock }: Pick<SinkContext, 'clock'>): WebhookSink =>
    new WebhookSink({ url, namespaces, timeoutMs: 30_000 }, clock);

describeSinkContract('the example of a custom sink, a webhook', {
  abilities: {
    holdsBack: true,
    noticesAbsence: true,
    noticesVanishing: true,
    leavesInOrder: true,
    confirms: true,
    countersArrive: true,
  },
  repeats: 'the group',
  encodes: true,
  destination: () => HttpDestination.of(flowsOfLines),
  sink: sinkOf([]),
  filter: {
    sink: sinkOf(['"quoted"', 'team-a']),
    batch: () =>
      aBatch(
        ['shop', 'team-a', '', '"quoted"', 'team-a-b'].map((sourcePodNamespace, id) => ({
          sourcePodNamespace,
          [ID_NAME]: id,
        })),
      ),
    passing: [1, 3],
  },
});

describe('WebhookSink', () => {
  it.each([300, 404, 503])('does not take %i for an answer that the flows are there', async (status) => {
    const destination = await HttpDestination.of(flowsOfLines);
    await destination.start();
    const sink = sinkOf([])(destination, { clock: new LoopbackClock() });
    destination.status = status;
    const group = [await sink.encode(aBatch([{}]))];
    await expect(sink.deliver(group, NEVER)).rejects.toThrow(`the server answered ${status}`);
    destination.status = 200;
    await sink.deliver(group, NEVER);
    await sink.close();
    await destination.close();
  });

  it('waits no longer for an answer than it should', async () => {
    const destination = await HttpDestination.of(flowsOfLines);
    await destination.start();
    const clock = new LoopbackClock();
    const sink = sinkOf([])(destination, { clock });
    destination.hold();
    const delivery = expect(sink.deliver([await sink.encode(aBatch([{}]))], NEVER)).rejects.toThrow('within 30000 ms');
    await destination.reached();
    clock.advanceNow(30_000);
    await delivery;
    expect(clock.timers).toBe(0);
    await sink.close();
    await destination.close();
  });
});
