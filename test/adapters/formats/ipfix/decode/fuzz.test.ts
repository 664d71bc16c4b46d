import { describe, expect, it } from '@jest/globals';
import { fuzzDecoder } from '../../../../fuzz/decoder-fuzz.js';

describe('the IPFIX decoder', () => {
  it('throws nothing but its own error for 20,000 mutations of sound streams, and no other session notices', () => {
    const { errors, records } = fuzzDecoder(20_000, 1);
    // Mutations that never got past a header, or never met a check, would show nothing.
    expect(records).toBeGreaterThan(20_000);
    const reasons = [
      'version',
      'message_length',
      'set_length',
      'record_length',
      'template_id',
      'template_length',
      'template_scope',
    ];
    for (const reason of reasons) expect(errors.get(reason)).toBeGreaterThan(10);
  });
});
