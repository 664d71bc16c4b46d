import { describe, expect, it } from '@jest/globals';
import {
  findInformationElement,
  INFORMATION_ELEMENTS,
  informationElement,
} from '../../../../src/adapters/formats/ipfix/information-elements.js';

describe('the registry of information elements', () => {
  it('finds an element by its name and by its numbers', () => {
    const element = informationElement('destinationServicePortName');
    expect(element).toEqual({
      name: 'destinationServicePortName',
      id: 109,
      enterpriseNumber: 56506,
      type: 'string',
      length: 65535,
    });
    expect(findInformationElement(56506, 109)).toBe(element);
  });

  it('takes 56505 for Antrea’s number, which is 56506', () => {
    expect(findInformationElement(56505, 101)).toBe(informationElement('sourcePodName'));
    expect(INFORMATION_ELEMENTS.some(({ enterpriseNumber }) => enterpriseNumber === 56505)).toBe(false);
  });

  it('names the reverse of a counter after it (RFC 5103 §6.1)', () => {
    expect(findInformationElement(29305, 86)).toMatchObject({
      name: 'reversePacketTotalCount',
      id: 86,
      type: 'unsigned64',
    });
  });

  it('has UUIDs of 16 octets', () => {
    expect(informationElement('egressUUID')).toMatchObject({ id: 166, type: 'octetArray', length: 16 });
  });

  it('does not know other elements of any enterprise', () => {
    expect(findInformationElement(0, 9999)).toBeUndefined();
    expect(findInformationElement(6876, 1)).toBeUndefined();
    // An id of one registry must not be found in another, whatever the arithmetic of the key.
    expect(findInformationElement(1, 1)).toBeUndefined();
  });

  it('throws for a name that no element has, since names are ours', () => {
    expect(() => informationElement('octetDeltaCounts')).toThrow(/octetDeltaCounts/);
  });

  it('has no name twice', () => {
    expect(new Set(INFORMATION_ELEMENTS.map(({ name }) => name)).size).toBe(INFORMATION_ELEMENTS.length);
  });
});
