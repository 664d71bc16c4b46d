import { describe, expect, it } from '@jest/globals';
import { PROTOBUF_REASONS } from '../../../../src/adapters/formats/protobuf/protobuf-error.js';
import { fuzzGrpc } from '../../../fuzz/grpc-fuzz.js';

describe('the decoder of messages over gRPC', () => {
  it('throws nothing but its own errors, whatever comes', () => {
    const { errors, records } = fuzzGrpc(4000, 1);
    expect(records).toBeGreaterThan(0);
    for (const reason of PROTOBUF_REASONS) expect(errors.get(reason)).toBeGreaterThan(0);
  });
});
