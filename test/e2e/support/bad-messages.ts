import { be, concat, message, record, set, template, VARIABLE } from '../../support/ipfix-messages.js';

/** A message that RFC 7011 does not allow. */
export interface BadMessage {
  readonly what: string;
  readonly bytes: Uint8Array;
  /** The label of weir_messages_malformed_total. */
  readonly reason: string;
  /** Octets from the start of the message to what is wrong. */
  readonly offset: number;
}

const MESSAGE_HEADER = 16;
const SET_HEADER = 4;
const TEMPLATE_HEADER = 4;
const FIRST_RECORD = MESSAGE_HEADER + SET_HEADER;
const FIELDS = ['sourceIPv4Address', 'destinationIPv4Address', 'sourcePodName'];

/** A good message whose octets from `at` on are others. */
function changed(bytes: Uint8Array, at: number, ...octets: number[]): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy.set(octets, at);
  return copy;
}

const good = message({}, set(2, template(256, FIELDS)), set(256, record(FIELDS)));

/** Each way to be malformed, once. Over TCP the length finds the next message, so those with a wrong one are for datagrams, too. */
export const BAD_MESSAGES: readonly BadMessage[] = [
  { what: 'of version 9', bytes: changed(good, 0, 0, 9), reason: 'version', offset: 0 },
  { what: 'shorter than its header', bytes: changed(good, 2, 0, 15), reason: 'message_length', offset: 2 },
  {
    what: 'with a set that is longer than the message',
    bytes: message({}, concat(be(2, 2), be(400, 2), template(256, FIELDS))),
    reason: 'set_length',
    offset: MESSAGE_HEADER,
  },
  {
    what: 'with a set that is shorter than its header',
    bytes: message({}, concat(be(2, 2), be(3, 2))),
    reason: 'set_length',
    offset: MESSAGE_HEADER,
  },
  {
    what: 'with a template whose ID is reserved',
    bytes: message({}, set(2, template(255, FIELDS))),
    reason: 'template_id',
    offset: FIRST_RECORD,
  },
  {
    what: 'with a template that is cut off',
    bytes: message({}, set(2, concat(be(256, 2), be(50, 2), be(8, 2), be(4, 2)))),
    reason: 'template_length',
    offset: FIRST_RECORD,
  },
  {
    what: 'with a text that goes on after its set',
    bytes: message(
      {},
      set(2, template(256, ['protocolIdentifier', ['sourcePodName', VARIABLE]])),
      set(256, be(6, 1), be(200, 1), be(0x6162, 2)),
    ),
    reason: 'record_length',
    // After the template, which has a field of an enterprise.
    offset: FIRST_RECORD + TEMPLATE_HEADER + 4 + 8 + SET_HEADER,
  },
];

/** Octets of no meaning; the same seed gives the same. */
export function garbage(length: number, seed: number): Uint8Array {
  let state = seed >>> 0;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}
