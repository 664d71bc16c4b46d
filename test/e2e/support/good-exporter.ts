import { message, record, set, template } from '../../support/ipfix-messages.js';
import { ANTREA_IPV4 } from '../../support/exporter-templates.js';

/** Flows of all exporters so far: no two have the same addresses. */
let flows = 0;

/** Messages of an exporter that does everything right: a template, then a new flow each. */
export class GoodExporter {
  /** Flows so far. */
  sent = 0;

  template(): Uint8Array {
    return message({ sequence: this.sent }, set(2, template(300, ANTREA_IPV4)));
  }

  flow(): Uint8Array {
    const n = flows++;
    const values = {
      sourceIPv4Address: `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`,
      destinationIPv4Address: '10.255.0.1',
      protocolIdentifier: 17,
      sourcePodName: `pod-${n}`,
      destinationPodName: 'server',
      octetTotalCount: 1000,
      flowStartSeconds: 1_700_000_000,
      flowEndSeconds: 1_700_000_001,
      flowType: 1,
    };
    return message({ sequence: this.sent++ }, set(300, record(ANTREA_IPV4, values)));
  }
}
