import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { RECORD_DROP_REASONS } from '../../src/adapters/formats/protobuf/decode-observer.js';
import { PROTOBUF_REASONS } from '../../src/adapters/formats/protobuf/protobuf-error.js';
import { FRAME_REASONS } from '../../src/adapters/grpc/collector/grpc-error.js';

describe('docs/reference/errors.md', () => {
  const errors = readFileSync('docs/reference/errors.md', 'utf8');

  it('explains why messages over gRPC are malformed', () => {
    for (const reason of PROTOBUF_REASONS) expect(errors).toContain(`\`WEIR_PROTOBUF_${reason.toUpperCase()}\``);
    for (const reason of FRAME_REASONS) expect(errors).toContain(`\`WEIR_GRPC_${reason.toUpperCase()}\``);
  });

  it('explains why records over gRPC are dropped', () => {
    for (const reason of RECORD_DROP_REASONS) expect(errors).toContain(`\`${reason}\``);
  });
});
