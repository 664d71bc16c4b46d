import { describe, expect, it } from '@jest/globals';
import { Decoding, type PlainRecord } from '../../../../support/decoding.js';
import {
  type FieldSpec,
  message,
  ntp,
  optionsTemplate,
  record,
  set,
  template,
  type Values,
} from '../../../../support/ipfix-messages.js';

const KEY = ['sourceIPv4Address', 'destinationIPv4Address'];
const EXPORT = 1_700_000_500;
const INIT = 1_690_000_000_000;
const DOMAIN_SCOPE = { enterpriseNumber: 0, id: 149, length: 4 };
const INIT_OPTIONS = [DOMAIN_SCOPE, 'systemInitTimeMilliseconds'];

/** The options record that says when a domain's exporter began. */
const initOptions = (domain: number, init: number): Uint8Array =>
  message(
    { domain },
    set(3, optionsTemplate(999, 1, INIT_OPTIONS)),
    set(999, record(INIT_OPTIONS, { systemInitTimeMilliseconds: init })),
  );

const decode = (
  fields: readonly FieldSpec[],
  values: Values,
  exportTime = EXPORT,
  before: readonly Uint8Array[] = [],
): PlainRecord => {
  const all = [...KEY, ...fields];
  const decoding = new Decoding().feed(...before);
  return decoding.feed(message({ exportTime }, set(2, template(256, all)), set(256, record(all, values)))).only;
};

const times = ({ flowStartSeconds, flowEndSeconds }: PlainRecord): unknown => [flowStartSeconds, flowEndSeconds];

describe('times of a flow (flow-rules.md §1)', () => {
  it.each<[string, readonly [string, string], readonly [number | bigint, number | bigint], readonly [number, number]]>([
    ['seconds (RFC 7011 §6.1.7)', ['flowStartSeconds', 'flowEndSeconds'], [100, 0xffff_ffff], [100, 0xffff_ffff]],
    [
      'milliseconds (§6.1.8)',
      ['flowStartMilliseconds', 'flowEndMilliseconds'],
      [1_700_000_000_999, 4_000_000_000_000],
      [1_700_000_000, 4_000_000_000],
    ],
    [
      'microseconds (§6.1.9)',
      ['flowStartMicroseconds', 'flowEndMicroseconds'],
      [ntp(1_700_000_000, 0.999), ntp(1_700_000_001)],
      [1_700_000_000, 1_700_000_001],
    ],
    [
      'nanoseconds (§6.1.10)',
      ['flowStartNanoseconds', 'flowEndNanoseconds'],
      [ntp(1_700_000_000, 0.999), ntp(1_700_000_001)],
      [1_700_000_000, 1_700_000_001],
    ],
    [
      'microseconds of NTP’s era 1 (§5.2)',
      ['flowStartMicroseconds', 'flowEndMicroseconds'],
      [ntp(2_085_978_495), ntp(2_085_978_497)],
      [2_085_978_495, 2_085_978_497],
    ],
    [
      'microseconds before the export',
      ['flowStartDeltaMicroseconds', 'flowEndDeltaMicroseconds'],
      [10_000_001, 1],
      [EXPORT - 11, EXPORT - 1],
    ],
  ])('are read in %s', (_unit, fields, values, expected) => {
    const [start, end] = fields;
    expect(times(decode(fields, { [start]: values[0], [end]: values[1] }))).toEqual(expected);
  });

  it('are read in the exporter’s up time, with its start in the record', () => {
    const fields = ['flowStartSysUpTime', 'flowEndSysUpTime', 'systemInitTimeMilliseconds'];
    const values = {
      flowStartSysUpTime: 1500,
      flowEndSysUpTime: 60_000,
      systemInitTimeMilliseconds: 1_700_000_000_600,
    };
    expect(times(decode(fields, values))).toEqual([1_700_000_002, 1_700_000_060]);
  });

  it('are read in the exporter’s up time, with its start in an options record of the same domain', () => {
    const fields = ['flowStartSysUpTime', 'flowEndSysUpTime'];
    const values = { flowStartSysUpTime: 1000, flowEndSysUpTime: 2000 };
    const init = 1_700_000_000_000;
    expect(times(decode(fields, values, EXPORT, [initOptions(1, init)]))).toEqual([1_700_000_001, 1_700_000_002]);
    expect(times(decode(fields, values, EXPORT, [initOptions(2, init)]))).toEqual([EXPORT, EXPORT]);
  });

  it('are read in up time that began anew after 49.7 days', () => {
    const up = (at: number): number => (at - INIT) % 2 ** 32;
    const values = { flowStartSysUpTime: up(1_700_000_000_000), flowEndSysUpTime: up(1_700_000_400_000) };
    const fields = ['flowStartSysUpTime', 'flowEndSysUpTime'];
    expect(times(decode(fields, values, EXPORT, [initOptions(1, INIT)]))).toEqual([1_700_000_000, 1_700_000_400]);
  });

  it('are read in up time of flows that began before the exporter did', () => {
    const init = 1_700_000_000_000;
    const values = { flowStartSysUpTime: 2 ** 32 - 5000, flowEndSysUpTime: 1000 };
    const fields = ['flowStartSysUpTime', 'flowEndSysUpTime'];
    expect(times(decode(fields, values, EXPORT, [initOptions(1, init)]))).toEqual([1_699_999_995, 1_700_000_001]);
  });

  it('are taken from the first element in the order of preference, for each end by itself', () => {
    const fields = [
      'flowEndDeltaMicroseconds',
      'flowStartNanoseconds',
      'flowStartMilliseconds',
      'flowEndMicroseconds',
      'flowEndSysUpTime',
      'flowStartMicroseconds',
    ];
    const values = {
      flowStartMilliseconds: 1_000_000,
      flowStartMicroseconds: ntp(2000),
      flowStartNanoseconds: ntp(3000),
      flowEndMicroseconds: ntp(4000),
      flowEndSysUpTime: 1,
      flowEndDeltaMicroseconds: 1,
    };
    expect(times(decode(fields, values))).toEqual([1000, 4000]);
    expect(times(decode([...fields, 'flowEndSeconds'], { ...values, flowEndSeconds: 9 }))).toEqual([1000, 9]);
  });

  it('in up time with no known start count as absent', () => {
    const fields = ['flowStartSysUpTime', 'flowEndSysUpTime', 'flowEndDeltaMicroseconds'];
    expect(
      times(decode(fields, { flowStartSysUpTime: 1, flowEndSysUpTime: 2, flowEndDeltaMicroseconds: 5_000_000 })),
    ).toEqual([EXPORT - 5, EXPORT - 5]);
  });

  it('follow from each other by the duration, in milliseconds before they are cut to seconds', () => {
    const duration = { flowDurationMilliseconds: 1600 };
    expect(
      times(
        decode(['flowStartMilliseconds', 'flowDurationMilliseconds'], { flowStartMilliseconds: 10_900, ...duration }),
      ),
    ).toEqual([10, 12]);
    expect(
      times(decode(['flowEndMilliseconds', 'flowDurationMilliseconds'], { flowEndMilliseconds: 10_500, ...duration })),
    ).toEqual([8, 10]);
    expect(times(decode(['flowEndSeconds', 'flowDurationMilliseconds'], { flowEndSeconds: 1, ...duration }))).toEqual([
      0, 1,
    ]);
  });

  it('are not changed by a duration when both are there', () => {
    const fields = ['flowStartSeconds', 'flowEndMilliseconds', 'flowDurationMilliseconds'];
    expect(
      times(decode(fields, { flowStartSeconds: 5, flowEndMilliseconds: 9000, flowDurationMilliseconds: 1 })),
    ).toEqual([5, 9]);
  });

  it('that are missing: the end is the export time, the start is the end', () => {
    expect(times(decode([], {}))).toEqual([EXPORT, EXPORT]);
    expect(times(decode(['flowEndSeconds'], { flowEndSeconds: 7 }))).toEqual([7, 7]);
    expect(times(decode(['flowStartSeconds'], { flowStartSeconds: 7 }))).toEqual([7, EXPORT]);
    expect(times(decode(['flowDurationMilliseconds'], { flowDurationMilliseconds: 9000 }))).toEqual([EXPORT, EXPORT]);
  });

  it('beyond what a u32 of seconds holds stop there, and before 1970 at 0', () => {
    const fields = ['flowStartDeltaMicroseconds', 'flowEndMilliseconds'];
    const values = { flowStartDeltaMicroseconds: 0xffff_ffff, flowEndMilliseconds: 0xffff_ffff_ffff_ffffn };
    expect(times(decode(fields, values, 3))).toEqual([0, 0xffff_ffff]);
  });
});

describe('sampling', () => {
  const options = (fields: readonly FieldSpec[], values: Values): Uint8Array =>
    message({}, set(3, optionsTemplate(999, 1, fields)), set(999, record(fields, values)));

  it.each<[readonly string[], Values, number]>([
    [['samplingInterval'], { samplingInterval: 100 }, 100],
    [['samplerRandomInterval'], { samplerRandomInterval: 64 }, 64],
    [['samplingPacketInterval', 'samplingPacketSpace'], { samplingPacketInterval: 1, samplingPacketSpace: 999 }, 1000],
    [['samplingPacketInterval'], { samplingPacketInterval: 50 }, 50],
  ])('in an options record is known and said once, and counters are left alone: %j', (fields, values, expected) => {
    const flow = [...KEY, 'octetDeltaCount'];
    const said = options([DOMAIN_SCOPE, ...fields], values);
    const decoding = new Decoding().feed(said, said);
    decoding.feed(message({}, set(2, template(256, flow)), set(256, record(flow, { octetDeltaCount: 7 }))));
    expect(decoding.session.samplingInterval).toBe(expected);
    expect(decoding.notices).toEqual([
      { notice: 'sampling', message: expect.stringContaining(`1 packet in ${expected}`) },
    ]);
    expect(decoding.only).toMatchObject({ octetDeltaCount: 7n });
  });

  it('in flow records is known too', () => {
    const fields = [...KEY, 'samplingInterval'];
    const decoding = new Decoding().feed(
      message({}, set(2, template(256, fields)), set(256, record(fields, { samplingInterval: 10 }))),
    );
    expect(decoding.session.samplingInterval).toBe(10);
  });

  it('of every packet, or of an impossible number, is nothing to mention', () => {
    const fields = [DOMAIN_SCOPE, 'samplingPacketInterval', 'samplingPacketSpace'];
    const decoding = new Decoding({ isReliable: false }).feed(
      options(fields, { samplingPacketInterval: 5 }),
      options(fields, { samplingPacketSpace: 5 }),
      options([DOMAIN_SCOPE, 'samplingInterval'], { samplingInterval: 1 }),
    );
    expect(decoding).toMatchObject({ notices: [], session: { samplingInterval: 1 } });
  });
});
