import { describe, expect, it } from '@jest/globals';
import { IPFIX_REASONS } from '../../src/adapters/formats/ipfix/decode/ipfix-error.js';
import { fuzzDecoder } from './decoder-fuzz.js';

describe('the IPFIX decoder', () => {
  it('stands 200,000 mutations of sound streams', () => {
    const { errors, records } = fuzzDecoder(200_000, 20_251_120);
    expect(records).toBeGreaterThan(0);
    expect([...errors.keys()].sort()).toEqual(IPFIX_REASONS.filter((reason) => errors.has(reason)).sort());
  });
});
