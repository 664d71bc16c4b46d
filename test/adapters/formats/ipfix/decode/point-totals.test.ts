import { describe, expect, it } from '@jest/globals';
import { Decoding } from '../../../../support/decoding.js';
import { message, record, set, template, type FieldSpec } from '../../../../support/ipfix-messages.js';

const FLOW = ['sourceIPv4Address', 'destinationIPv4Address', 'protocolIdentifier'];
const DELTAS = ['packetDeltaCount', 'octetDeltaCount'];
const TOTALS = ['packetTotalCount', 'octetTotalCount'];
const INGRESS_UNICAST_PACKET_TOTAL_COUNT: FieldSpec = { enterpriseNumber: 0, id: 354, length: 8 };

const VALUES = { packetDeltaCount: 2, octetDeltaCount: 200, packetTotalCount: 9000, octetTotalCount: 900_000 };

/** The one record of a template with these fields. */
function decoded(...fields: FieldSpec[]): Record<string, unknown> {
  return new Decoding().feed(message({}, set(2, template(256, fields)), set(256, record(fields, VALUES)))).only;
}

describe('totals of an exporter that also counts what passed its observation point', () => {
  it('are not the flow’s: only its deltas are taken', () => {
    const { packetDeltaCount, octetDeltaCount, packetTotalCount, octetTotalCount, carried } = decoded(
      ...[...FLOW, ...DELTAS, ...TOTALS],
      INGRESS_UNICAST_PACKET_TOTAL_COUNT,
    );
    expect({ packetDeltaCount, octetDeltaCount }).toEqual({ packetDeltaCount: 2n, octetDeltaCount: 200n });
    expect({ packetTotalCount, octetTotalCount }).toEqual({ packetTotalCount: 0n, octetTotalCount: 0n });
    expect(carried).toBe(decoded(...FLOW, ...DELTAS)['carried']);
  });

  it('are taken where there are no deltas, or no such counters', () => {
    expect(decoded(...FLOW, ...TOTALS, INGRESS_UNICAST_PACKET_TOTAL_COUNT)).toMatchObject({
      octetTotalCount: 900_000n,
    });
    expect(decoded(...FLOW, ...DELTAS, ...TOTALS)).toMatchObject({ octetTotalCount: 900_000n, octetDeltaCount: 200n });
  });
});
