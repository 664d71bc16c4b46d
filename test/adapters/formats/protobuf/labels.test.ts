import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LabelsText } from '../../../../src/adapters/formats/protobuf/labels.js';
import { FlowDecoding } from '../../../support/flow-decoding.js';
import { encodeFlow, MINIMAL, type Message } from '../../../support/flow-proto.js';
import { bytesField } from '../../../support/protobuf-wire.js';

const k8s = (fields: Message): Message => ({ ...MINIMAL, k8s: fields });
const labelled = (source: object, destination: object): Message =>
  k8s({ source_pod_labels: { labels: source }, destination_pod_labels: { labels: destination } });
const entry = (...parts: readonly Uint8Array[]): Buffer => bytesField(1, ...parts);
const key = (text: string): Buffer => bytesField(1, Buffer.from(text));
const value = (text: string): Buffer => bytesField(2, Buffer.from(text));
/** A record whose source Pod has the labels in these octets, in one part of the message k8s each. */
const withLabels = (...parts: readonly Uint8Array[]): FlowDecoding =>
  new FlowDecoding().flow(encodeFlow(MINIMAL), ...parts.map((part) => bytesField(8, bytesField(5, part))));

describe('labels', () => {
  it('are none where they are not wanted, and cost the record nothing', () => {
    const message = k8s({
      source_pod_name: 'client',
      source_pod_labels: { labels: { app: 'x' } },
      destination_pod_labels: {},
    });
    const { only } = new FlowDecoding({ podLabels: false }).feed(message);
    expect(only).toMatchObject({ sourcePodName: 'client', sourcePodLabels: '', destinationPodLabels: '' });
  });

  it('are asked for with each record', () => {
    const contents = { podLabels: false };
    const decoding = new FlowDecoding(contents);
    const message = k8s({ source_pod_labels: { labels: { app: 'x' } } });
    decoding.feed(message);
    contents.podLabels = true;
    decoding.feed(message);
    expect(decoding.records.map(({ sourcePodLabels }) => sourcePodLabels)).toEqual(['', '{"app":"x"}']);
  });

  it('are JSON without spaces, keys sorted, beside everything else that the record has', () => {
    const { only } = new FlowDecoding().feed(
      k8s({
        source_pod_name: 'client',
        source_pod_labels: { labels: { tier: 'web', app: 'client', 'a"\\\u0001b': 'ü' } },
        destination_pod_labels: { labels: { app: '' } },
        egress_ip: Uint8Array.of(192, 0, 2, 1),
      }),
    );
    expect(only).toMatchObject({
      sourcePodName: 'client',
      sourcePodLabels: '{"a\\"\\\\\\u0001b":"ü","app":"client","tier":"web"}',
      destinationPodLabels: '{"app":""}',
      egressIP: '192.0.2.1',
      sourceIP: '10.0.0.1',
    });
  });

  it('are sorted by the octets of their keys', () => {
    const { only } = new FlowDecoding().feed(labelled({ '\u{1f600}': '1', '\uffee': '2', b: '3', B: '4' }, {}));
    expect(only['sourcePodLabels']).toBe('{"B":"4","b":"3","\uffee":"2","\u{1f600}":"1"}');
  });

  it('keep a byte order mark, which tells them apart', () => {
    const { only } = new FlowDecoding().feed(labelled({ '\ufeffa': '\ufeff1', a: '2' }, {}));
    expect(only['sourcePodLabels']).toBe('{"a":"2","\ufeffa":"\ufeff1"}');
  });

  it('are remembered in memory of their own, whatever becomes of the message', () => {
    const labels = new LabelsText([1, 2]);
    const octets = entry(key('app'), value('web'));
    const message = Buffer.from(octets);
    const text = labels.json(message, 0, message.length);
    expect([Buffer.from(text).toString(), text.buffer.byteLength]).toEqual(['{"app":"web"}', text.length]);
    message.fill(0);
    expect(labels.json(octets, 0, octets.length)).toBe(text);
  });

  it('of a Pod without any are {}, and nothing where they are not there', () => {
    const { only } = new FlowDecoding().feed(k8s({ source_pod_labels: {} }));
    expect([only['sourcePodLabels'], only['destinationPodLabels']]).toEqual(['{}', '']);
    expect(new FlowDecoding().feed(k8s({ destination_pod_labels: {} })).only['destinationPodLabels']).toBe('{}');
  });

  it('with a key again have its last value, also over several parts of the message', () => {
    const again = withLabels(Buffer.concat([entry(key('a'), value('1')), entry(value('2'), key('a')), entry()]));
    expect(again.only['sourcePodLabels']).toBe('{"":"","a":"2"}');
    const parts = withLabels(
      entry(key('a'), value('1'), value('0')),
      entry(key('b')),
      entry(key('x'), key('a'), value('3')),
    );
    expect(parts.only['sourcePodLabels']).toBe('{"a":"3","b":""}');
  });

  it('that are unsound make the message malformed', () => {
    for (const octets of [
      entry(bytesField(1, Buffer.of(0xff))),
      Buffer.of(8, 1),
      entry(Buffer.of(0x10, 1)),
      entry(Buffer.of(0x0a, 9)),
      Buffer.of(0x0a, 9),
    ]) {
      const decoding = new FlowDecoding();
      const flow = [encodeFlow(MINIMAL), bytesField(8, bytesField(5, octets))];
      expect(() => decoding.flow(...flow)).toThrow(expect.objectContaining({ name: 'ProtobufError' }));
      expect(() => decoding.flow(...flow, bytesField(8, bytesField(5)))).toThrow(
        expect.objectContaining({ name: 'ProtobufError', offset: expect.any(Number) }),
      );
      expect([decoding.received, decoding.records.length]).toEqual([0, 0]);
    }
  });

  it('whose JSON is too long for a record drop it', () => {
    const half = { a: 'x'.repeat(20_000) };
    expect(new FlowDecoding().feed(labelled(half, {})).only['sourcePodLabels']).toHaveLength(20_008);
    // What comes after 64 KiB could not be referred to: each control character is six octets of JSON.
    const controls = (count: number): object => ({ a: '\u0001'.repeat(count) });
    expect(new FlowDecoding().feed(labelled(controls(11_000), {})).dropped).toEqual({ too_long: 1 });
    expect(new FlowDecoding().feed(labelled(controls(9000), half)).dropped).toEqual({ too_long: 1 });
    expect(new FlowDecoding().feed(labelled(half, controls(7000))).records).toHaveLength(1);
  });

  it('are those of the record however many were turned before', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.dictionary(fc.string(), fc.string()), fc.dictionary(fc.string(), fc.string())), {
          maxLength: 20,
        }),
        (all) => {
          const decoding = new FlowDecoding();
          for (const [source, destination] of [...all, ...all]) decoding.feed(labelled(source, destination));
          const expected = all.map((pair) => pair.map((labels) => ({ ...labels })));
          expect(
            decoding.records.map((record) => [
              JSON.parse(String(record['sourcePodLabels'])) as unknown,
              JSON.parse(String(record['destinationPodLabels'])) as unknown,
            ]),
          ).toEqual([...expected, ...expected]);
        },
      ),
      { numRuns: 30 },
    );
  });
});
