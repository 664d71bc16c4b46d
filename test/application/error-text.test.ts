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
    [new AggregateError([new Error('one'), new AggregateError(['two', 3])]), 'one; two; 3'],
    [runInContext('new Error("from elsewhere")', createContext()), 'from elsewhere'],
  ])('says what %p says', (error, text) => {
    expect(errorText(error)).toBe(text);
  });
});
