import { describe, expect, it } from '@jest/globals';
import { Decoding, type PlainRecord } from '../../../../support/decoding.js';
import {
  concat,
  type FieldSpec,
  message,
  record,
  set,
  template,
  type Values,
} from '../../../../support/ipfix-messages.js';

const IPV4 = ['sourceIPv4Address', 'destinationIPv4Address'];
const IPV6 = ['sourceIPv6Address', 'destinationIPv6Address'];
const EXTRA4 = ['destinationClusterIPv4', 'destinationServiceIPv4', 'proxySnatIPv4'];
const EXTRA6 = ['destinationClusterIPv6', 'destinationServiceIPv6', 'proxySnatIPv6'];

const decodeAll = (fields: readonly FieldSpec[], values: Values = {}): Decoding =>
  new Decoding().feed(message({}, set(2, template(256, fields)), set(256, record(fields, values))));
const decode = (fields: readonly FieldSpec[], values: Values = {}): PlainRecord => decodeAll(fields, values).only;

const extras = (address: string): Values => Object.fromEntries([...EXTRA4, ...EXTRA6].map((name) => [name, address]));
const expectedExtras = (address: string): Values => ({
  destinationClusterIP: address,
  destinationServiceIP: address,
  proxySnatIP: address,
});

describe('source and destination (flow-rules.md §1)', () => {
  it('of IPv6 that are ::ffff:a.b.c.d are IPv4', () => {
    const values = { sourceIPv6Address: '::ffff:10.0.0.1', destinationIPv6Address: '::ffff:10.0.0.2' };
    expect(decode(IPV6, values)).toMatchObject({ sourceIP: '10.0.0.1', destinationIP: '10.0.0.2' });
  });

  it('that are missing drop the record, counted', () => {
    expect(decodeAll(['sourceIPv4Address', 'sourceIPv6Address'])).toMatchObject({
      records: [],
      received: 1,
      dropped: { no_destination_address: 1 },
    });
    expect(decodeAll(['destinationIPv6Address'])).toMatchObject({ received: 1, dropped: { no_source_address: 1 } });
    expect(decodeAll(['tcpState'])).toMatchObject({ received: 1, dropped: { no_source_address: 1 } });
  });

  it('that are missing are said once a session, with the template', () => {
    const fields = ['destinationIPv4Address'];
    const sourceOnly = set(300, record(['sourceIPv4Address'], {}));
    const decoding = new Decoding().feed(
      message({ domain: 7 }, set(2, template(300, ['sourceIPv4Address']), template(301, fields)), sourceOnly),
      message({ domain: 7 }, sourceOnly, set(301, record(fields, {}))),
    );
    expect(decoding.notices).toEqual([
      {
        notice: 'no_address',
        message: 'records of template 300 of observation domain 7 have no destination address; such are dropped',
      },
    ]);
  });

  it('of a length that no address has are missing', () => {
    expect(decodeAll([['sourceIPv4Address', 8], 'destinationIPv4Address'])).toMatchObject({
      dropped: { no_source_address: 1 },
    });
  });

  it('may be 0.0.0.0: DHCP', () => {
    const values = { destinationIPv4Address: '255.255.255.255' };
    expect(decode(IPV4, values)).toMatchObject({ sourceIP: '0.0.0.0', destinationIP: '255.255.255.255' });
  });
});

describe('a record with addresses of both families (flow-rules.md §1)', () => {
  const ipv6 = { sourceIPv6Address: 'fd00::1', destinationIPv6Address: 'fd00::2' };

  it.each([
    [{ sourceIPv4Address: '10.0.0.1', destinationIPv4Address: '10.0.0.2' }, ['10.0.0.1', '10.0.0.2']],
    [{ sourceIPv4Address: '10.0.0.1' }, ['10.0.0.1', '0.0.0.0']],
    [{ destinationIPv4Address: '10.0.0.2' }, ['0.0.0.0', '10.0.0.2']],
    [{}, ['fd00::1', 'fd00::2']],
  ])('is IPv4 if one of %j is not 0.0.0.0', (ipv4: Values, [sourceIP, destinationIP]) => {
    for (const fields of [
      [...IPV4, ...IPV6],
      [...IPV6, ...IPV4],
    ]) {
      expect(decode(fields, { ...ipv6, ...ipv4 })).toMatchObject({ sourceIP, destinationIP });
    }
  });

  it('for one end only goes by the same rule', () => {
    const fields = ['sourceIPv4Address', 'sourceIPv6Address', 'destinationIPv6Address'];
    expect(decode(fields, ipv6)).toMatchObject({ sourceIP: 'fd00::1', destinationIP: 'fd00::2' });
    expect(decode(fields, { ...ipv6, sourceIPv4Address: '10.0.0.1' })).toMatchObject({
      sourceIP: '10.0.0.1',
      destinationIP: 'fd00::2',
    });
    const mixed = ['sourceIPv4Address', 'destinationIPv4Address', 'destinationIPv6Address'];
    const values = { sourceIPv4Address: '10.0.0.1', destinationIPv6Address: 'fd00::2' };
    expect(decode(mixed, values)).toMatchObject({ sourceIP: '10.0.0.1', destinationIP: '0.0.0.0' });
  });
});

describe('cluster, Service and proxySnat addresses (flow-rules.md §1)', () => {
  it('that are zeros are none', () => {
    expect(decode([...IPV4, ...EXTRA4])).toMatchObject(expectedExtras(''));
    expect(decode([...IPV6, ...EXTRA6])).toMatchObject(expectedExtras(''));
  });

  it('of the flow’s family are taken', () => {
    expect(decode([...EXTRA4, ...IPV4], extras('10.0.0.9'))).toMatchObject(expectedExtras('10.0.0.9'));
    const flow = { sourceIPv6Address: 'fd00::1', destinationIPv6Address: 'fd00::2' };
    expect(decode([...EXTRA6, ...IPV6], { ...flow, ...extras('fd00::9') })).toMatchObject(expectedExtras('fd00::9'));
  });

  it('of the other family are ignored', () => {
    const flow = { sourceIPv6Address: 'fd00::1', destinationIPv6Address: '::ffff:10.0.0.2' };
    expect(decode([...IPV6, ...EXTRA4], { ...flow, ...extras('10.0.0.9') })).toMatchObject(expectedExtras(''));
    expect(decode([...IPV6, ...EXTRA6], { ...flow, ...extras('::ffff:10.0.0.9') })).toMatchObject(expectedExtras(''));
    expect(decode([...IPV4, ...EXTRA6], extras('fd00::9'))).toMatchObject(expectedExtras(''));
  });

  it('that are ::ffff:a.b.c.d are IPv4', () => {
    const flow = { sourceIPv6Address: '::ffff:10.0.0.1', destinationIPv6Address: '::ffff:10.0.0.2' };
    expect(decode([...IPV6, ...EXTRA6], { ...flow, ...extras('::ffff:10.0.0.9') })).toMatchObject(
      expectedExtras('10.0.0.9'),
    );
    expect(decode([...IPV6, ...EXTRA6], { ...flow, ...extras('fd00::9') })).toMatchObject(expectedExtras(''));
  });

  it('of both families: that of the flow’s is taken', () => {
    const both = [...EXTRA6, ...EXTRA4];
    const values = {
      ...Object.fromEntries(EXTRA4.map((name) => [name, '10.0.0.9'])),
      ...Object.fromEntries(EXTRA6.map((name) => [name, 'fd00::9'])),
    };
    expect(decode([...IPV4, ...both], values)).toMatchObject(expectedExtras('10.0.0.9'));
    const flow = { sourceIPv6Address: 'fd00::1', destinationIPv6Address: 'fd00::2' };
    expect(decode([...IPV6, ...both], { ...values, ...flow })).toMatchObject(expectedExtras('fd00::9'));
    expect(decode([...IPV4, ...both], Object.fromEntries(EXTRA6.map((name) => [name, 'fd00::9'])))).toMatchObject(
      expectedExtras(''),
    );
  });
});

describe('egressIP (flow-rules.md §1)', () => {
  const egress = (egressIP: string, fields: readonly FieldSpec[] = [...IPV4, 'egressIP', 'tcpState']): Decoding =>
    decodeAll(fields, { egressIP, tcpState: 'CLOSED', sourceIPv4Address: '10.0.0.1' });

  it.each(['1.2.3.4', '0.0.0.0', '255.255.255.255', '::', '2001:db8::1', 'fd00:1:2:3:4:5:6:7'])(
    '%s becomes an address',
    (text) => {
      expect(egress(text).only).toMatchObject({ egressIP: text, tcpState: 'CLOSED', sourceIP: '10.0.0.1' });
    },
  );

  it('::ffff:a.b.c.d is the IPv4 address', () => {
    expect(egress('::ffff:1.2.3.4').only).toMatchObject({ egressIP: '1.2.3.4' });
  });

  it('may be a text of fixed length', () => {
    expect(egress('1.2.3.4', [...IPV4, ['egressIP', 7]]).only).toMatchObject({ egressIP: '1.2.3.4' });
  });

  it.each([
    'none',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1..2.3',
    '1.2.3.4.',
    ' 1.2.3.4',
    '1:2',
    'x'.repeat(300),
    '1.2.3.4\0',
  ])('%j is no address: left empty, said once an exporter', (text) => {
    const decoding = egress(text);
    expect(decoding.only).toMatchObject({ egressIP: '', tcpState: 'CLOSED' });
    decoding.feed(message({}, set(256, record([...IPV4, 'egressIP', 'tcpState'], { egressIP: text }))));
    expect(decoding.notices.map(({ notice }) => notice)).toEqual(['egress_ip']);
  });

  it('that is absent leaves nothing of the record before', () => {
    const fields = [...IPV4, 'egressIP'];
    const records = ['1.2.3.4', '', 'nonsense', 'fd00::1'].map((egressIP) => record(fields, { egressIP }));
    const decoding = new Decoding().feed(message({}, set(2, template(256, fields)), set(256, ...records)));
    expect(decoding.records.map(({ egressIP }) => egressIP)).toEqual(['1.2.3.4', '', '', 'fd00::1']);
  });

  it('leaves the message as it was', () => {
    const fields = [...IPV4, 'egressIP', 'tcpState'];
    const bytes = message(
      {},
      set(2, template(256, fields)),
      set(256, record(fields, { egressIP: '1.2.3.4', tcpState: 'CLOSED' })),
    );
    const before = bytes.slice();
    new Decoding().feed(bytes);
    expect(bytes).toEqual(before);
  });

  it('at the very end of the largest message finds room', () => {
    const fields = [...IPV4, 'sourcePodName', 'egressIP'];
    const last = record(fields, { egressIP: 'fd00::1' });
    const decoding = new Decoding().feed(message({}, set(2, template(256, fields))));
    const filler = 65535 - 16 - 4 - last.length;
    const first = record(fields, { sourcePodName: 'x'.repeat(filler - 12) });
    const bytes = message({}, set(256, first, last));
    expect(bytes).toHaveLength(65535);
    expect(decoding.feed(bytes).records[1]).toMatchObject({ egressIP: 'fd00::1' });
  });

  it('in a record that leaves no room for it is left empty', () => {
    const fields = [...IPV4, 'sourcePodName', 'egressIP'];
    const decoding = new Decoding().feed(message({}, set(2, template(256, fields))));
    const bytes = message({}, set(256, record(fields, { sourcePodName: 'x'.repeat(65_400), egressIP: '1.2.3.4' })));
    expect(decoding.feed(bytes).only).toMatchObject({ egressIP: '', sourcePodName: 'x'.repeat(65_400) });
  });
});

describe('UUIDs of other aggregators', () => {
  const uuid = Uint8Array.from({ length: 16 }, (_, i) => 0x10 * i + i);
  const text = '00112233-4455-6677-8899-aabbccddeeff';
  const names = [
    ['sourcePodUUID', 'sourcePodUID'],
    ['destinationPodUUID', 'destinationPodUID'],
    ['sourceNodeUUID', 'sourceNodeUID'],
    ['destinationNodeUUID', 'destinationNodeUID'],
    ['destinationServiceUUID', 'destinationServiceUID'],
    ['ingressNetworkPolicyUUID', 'ingressNetworkPolicyUID'],
    ['egressNetworkPolicyUUID', 'egressNetworkPolicyUID'],
    ['egressUUID', 'egressUID'],
    ['egressNodeUUID', 'egressNodeUID'],
  ] as const;

  it('become text, beside an egressIP', () => {
    const fields = [...IPV4, ...names.map(([element]) => element), 'egressIP', 'tcpState'];
    const values = {
      ...Object.fromEntries(names.map(([element]) => [element, uuid])),
      egressIP: '1.2.3.4',
      tcpState: 'CLOSED',
    };
    const expected = Object.fromEntries(names.map(([, field]) => [field, text]));
    expect(decode(fields, values)).toMatchObject({ ...expected, egressIP: '1.2.3.4', tcpState: 'CLOSED' });
  });

  it('may be of variable length', () => {
    expect(decode([...IPV4, ['egressUUID', 65535]], { egressUUID: uuid })).toMatchObject({ egressUID: text });
  });

  it('that are zeros, or of another length, are none', () => {
    expect(decode([...IPV4, 'egressUUID'])).toMatchObject({ egressUID: '' });
    expect(decode([...IPV4, ['egressUUID', 65535]], { egressUUID: uuid.subarray(0, 15) })).toMatchObject({
      egressUID: '',
    });
    expect(
      decode([...IPV4, ['egressUUID', 15], 'tcpState'], { egressUUID: uuid.subarray(0, 15), tcpState: 'X' }),
    ).toMatchObject({ tcpState: 'X', egressUID: '' });
  });

  it('come as text too, under the names that Antrea has for those', () => {
    expect(decode([...IPV4, 'egressNetworkPolicyUID'], { egressNetworkPolicyUID: text })).toMatchObject({
      egressNetworkPolicyUID: text,
    });
    expect(concat(uuid)).toHaveLength(16);
  });
});
