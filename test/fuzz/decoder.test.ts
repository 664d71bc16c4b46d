import { describe, expect, it } from '@jest/globals';
import { IPFIX_REASONS } from '../../src/adapters/formats/ipfix/decode/ipfix-error.js';
import { PROTOBUF_REASONS } from '../../src/adapters/formats/protobuf/protobuf-error.js';
import { fuzzDecoder } from './decoder-fuzz.js';
import { fuzzGrpc } from './grpc-fuzz.js';

describe('the IPFIX decoder', () => {
  it('stands 200,000 mutations of sound streams', () => {
    const { errors, records } = fuzzDecoder(200_000, 20_251_120);
    expect(records).toBeGreaterThan(0);
    expect([...errors.keys()].sort()).toEqual(IPFIX_REASONS.filter((reason) => errors.has(reason)).sort());
  });
});

describe('the decoder of messages over gRPC', () => {
  it('stands 200,000 mutations of sound streams', () => {
    const { errors, records } = fuzzGrpc(200_000, 20_251_120);
    expect(records).toBeGreaterThan(0);
    const expected = [...PROTOBUF_REASONS, 'too_large', 'compressed', 'prefix'];
    expect([...errors.keys()].sort()).toEqual(expected.sort());
  });
});
