import { addressToWords, isIPv4 } from './address.js';
import { FlowFlag } from './flow-flags.js';
import type { FlowRecord } from './flow-record.js';
import { FLOW_BLOCK, FLOW_ROW } from './layout.js';
import type { StringTable } from './string-table.js';

const { slots } = FLOW_BLOCK;

// Where a row has the parts of a key. The two ports share a word, the protocol has other small integers beside it.
const SOURCE = slots.sourceIP.word;
const DESTINATION = slots.destinationIP.word;
const PORTS = slots.sourceTransportPort.word;
const PROTOCOL = slots.protocolIdentifier.word;
const PROTOCOL_MASK = slots.protocolIdentifier.mask;
const SOURCE_PORT_MASK = slots.sourceTransportPort.mask;
const PROXY_SNAT_IP = slots.proxySnatIP.word;
const PROXY_SNAT_PORT = slots.proxySnatPort;

// Where the key has them.
const KEY_DESTINATION = 4;
const KEY_PORTS = 8;
const KEY_PROTOCOL = 9;

/** Words of a key. */
export const KEY_WORDS = 10;

/**
 * What makes a flow that flow (flow-rules.md §2): source and destination address, ports and protocol, as ten words. An IPv4 address is
 * ::ffff:a.b.c.d, so each key has one form, and IPv4 and IPv6 never compare equal.
 */
export class FlowKey {
  readonly words = new Uint32Array(KEY_WORDS);

  /**
   * Becomes the key of a record: its 5-tuple, but with proxySnat address and port in place of the source's if it is the ingress-Node half
   * of an inter-Node from-external flow, because the destination Node saw the connection after source NAT.
   */
  take(record: FlowRecord): void {
    const key = this.words;
    const row = record.words;
    for (let i = 0; i < KEY_PORTS; i++) key[i] = row[SOURCE + i]!;
    key[KEY_PORTS] = row[PORTS]!;
    key[KEY_PROTOCOL] = row[PROTOCOL]! & PROTOCOL_MASK;
    if (record.isIngressNodeHalf) {
      const reference = row[PROXY_SNAT_IP]!;
      addressToWords(record.bytes, record.start(reference), record.length(reference), key, 0);
      key[KEY_PORTS] = withSourcePort(row[PORTS]!, record.proxySnatPort);
    }
  }

  /** Whether both addresses are IPv4, so that words 3, 7, 8 and 9 say all. */
  get isIPv4(): boolean {
    return isIPv4(this.words, 0) && isIPv4(this.words, KEY_DESTINATION);
  }

  /** Whether the flow in a row has this key. */
  isOf(words: Uint32Array, base: number, strings: StringTable): boolean {
    if (words[base + FLOW_ROW.flags]! & FlowFlag.KeyedByProxySnat) return this.#isOfTranslated(words, base, strings);
    const key = this.words;
    for (let i = 0; i < KEY_PORTS; i++) if (key[i] !== words[base + SOURCE + i]) return false;
    return key[KEY_PORTS] === words[base + PORTS] && key[KEY_PROTOCOL] === (words[base + PROTOCOL]! & PROTOCOL_MASK);
  }

  /** The same for a flow whose row has the address from before source NAT. */
  #isOfTranslated(words: Uint32Array, base: number, strings: StringTable): boolean {
    const key = this.words;
    for (let i = 0; i < 4; i++) if (key[KEY_DESTINATION + i] !== words[base + DESTINATION + i]) return false;
    const port = (words[base + PROXY_SNAT_PORT.word]! >>> PROXY_SNAT_PORT.shift) & PROXY_SNAT_PORT.mask;
    const length = strings.copy(words[base + PROXY_SNAT_IP]!, address, 0);
    addressToWords(address, 0, length, translated, 0);
    for (let i = 0; i < 4; i++) if (key[i] !== translated[i]) return false;
    return (
      key[KEY_PORTS] === withSourcePort(words[base + PORTS]!, port) &&
      key[KEY_PROTOCOL] === (words[base + PROTOCOL]! & PROTOCOL_MASK)
    );
  }
}

// Where an address from before source NAT is put to be compared.
const address = new Uint8Array(16);
const translated = new Uint32Array(4);

function withSourcePort(ports: number, sourcePort: number): number {
  return ((ports & ~SOURCE_PORT_MASK) | sourcePort) >>> 0;
}
