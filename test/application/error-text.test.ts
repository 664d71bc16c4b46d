import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { errorText } from '../../src/application/error-text.js';

describe('errorText', () => {
  it.each([
    [new Error('said'), 'said'],
    [new RangeError(), 'RangeError'],
    ['a text', 'a text'],
    [undefined, 'undefined'],
    [{}, 'unknown error'],
    [
      Object.assign(new Error('80BC:error:0A00045C:SSL routines:ssl3_read_bytes:…\n'), {
        library: 'SSL routines',
        reason: 'tlsv13 alert certificate required',
        code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
      }),
      'tlsv13 alert certificate required (ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED)',
    ],
    [new AggregateError([new Error('one'), new AggregateError(['two', 3])]), 'one; two; 3'],
    [runInContext('new Error("from elsewhere")', createContext()), 'from elsewhere'],
  ])('says what %p says', (error, text) => {
    expect(errorText(error)).toBe(text);
  });
});
