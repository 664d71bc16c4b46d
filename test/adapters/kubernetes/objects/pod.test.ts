import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { JsonObject } from '../../../../src/adapters/kubernetes/objects/json.js';
import { nodeOf } from '../../../../src/adapters/kubernetes/objects/node.js';
import { podOf } from '../../../../src/adapters/kubernetes/objects/pod.js';
import { serviceOf } from '../../../../src/adapters/kubernetes/objects/service.js';

const NAMES = { uid: 'u-1', name: 'web-1', namespace: 'shop' };
const NOTHING = {
  ...NAMES,
  ips: [],
  labels: {},
  nodeName: '',
  phase: '',
  hostNetwork: false,
  createdSeconds: 0,
  finishedSeconds: undefined,
  workloadKind: '',
  workloadName: '',
};

const status = (fields: JsonObject): JsonObject => ({ metadata: NAMES, status: fields });
const finishedOf = (fields: JsonObject): number | undefined => podOf(status(fields))?.finishedSeconds;
const ended = (finishedAt: unknown): JsonObject => ({ state: { terminated: { exitCode: 0, finishedAt } } });
const running: JsonObject = { state: { running: { startedAt: '2024-01-01T00:00:00Z' } } };

function workloadOf(owner: JsonObject, labels: JsonObject = {}): string {
  const pod = podOf({ metadata: { ...NAMES, labels, ownerReferences: [{ kind: 'Other', name: 'other' }, owner] } });
  return `${pod?.workloadKind}/${pod?.workloadName}`;
}

describe('podOf', () => {
  it('keeps what flows are enriched with and found by', () => {
    const pod = {
      metadata: {
        ...NAMES,
        labels: { app: 'web', 'pod-template-hash': '5d9c' },
        creationTimestamp: '2023-11-14T22:13:20Z',
        ownerReferences: [{ kind: 'ReplicaSet', name: 'web-5d9c', controller: true }],
      },
      spec: { nodeName: 'node-1', hostNetwork: true, containers: [{ image: 'web' }] },
      status: { phase: 'Running', podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }] },
    };
    expect(podOf(pod)).toEqual({
      ...NAMES,
      ips: ['10.0.0.1', 'fd00::1'],
      labels: { app: 'web', 'pod-template-hash': '5d9c' },
      nodeName: 'node-1',
      phase: 'Running',
      hostNetwork: true,
      createdSeconds: 1_700_000_000,
      finishedSeconds: undefined,
      workloadKind: 'Deployment',
      workloadName: 'web',
    });
  });

  it('takes parts that are missing, null or of another type as not given', () => {
    expect(podOf({ metadata: NAMES })).toEqual(NOTHING);
    const labels = null;
    expect(podOf({ metadata: { ...NAMES, labels, ownerReferences: null }, spec: null, status: null })).toEqual(NOTHING);
    const odd = { podIPs: [null, {}, { ip: 7 }, { ip: '' }], containerStatuses: 7, phase: {} };
    expect(podOf({ metadata: { ...NAMES, labels: { a: 1 } }, spec: 'x', status: odd })).toEqual(NOTHING);
  });

  it('has one address where an old server has no podIPs', () => {
    expect(podOf(status({ podIP: '10.0.0.1' }))?.ips).toEqual(['10.0.0.1']);
    expect(podOf(status({ podIP: '10.0.0.1', podIPs: [] }))?.ips).toEqual(['10.0.0.1']);
  });

  it('is nothing without UID or name', () => {
    expect(podOf({ metadata: { name: 'web-1' } })).toBeUndefined();
    expect(podOf({ metadata: { uid: 'u-1' } })).toBeUndefined();
    expect(podOf({})).toBeUndefined();
  });

  it('ended when the last of its containers did', () => {
    const containers = {
      phase: 'Succeeded',
      initContainerStatuses: [ended('2024-01-01T00:00:50Z')],
      containerStatuses: [ended('2024-01-01T00:01:00Z'), ended('2024-01-01T00:02:00Z'), ended('2024-01-01T00:01:30Z')],
      conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: '2024-01-01T00:09:00Z' }],
    };
    expect(finishedOf(containers)).toBe(Date.parse('2024-01-01T00:02:00Z') / 1000);
    expect(finishedOf({ ...containers, phase: 'Running' })).toBe(Date.parse('2024-01-01T00:02:00Z') / 1000);
  });

  it('ended when it was no longer ready, if its containers do not say', () => {
    const conditions = [
      { type: 'PodScheduled', lastTransitionTime: '2024-01-01T00:00:00Z' },
      { type: 'Ready', status: 'False', lastTransitionTime: '2024-01-01T00:09:00Z' },
    ];
    const seconds = Date.parse('2024-01-01T00:09:00Z') / 1000;
    expect(finishedOf({ phase: 'Failed', conditions })).toBe(seconds);
    expect(finishedOf({ phase: 'Failed', conditions, containerStatuses: [ended(null)] })).toBe(seconds);
    expect(finishedOf({ phase: 'Failed', conditions, containerStatuses: [ended('0001-01-01T00:00:00Z')] })).toBe(
      seconds,
    );
    expect(
      finishedOf({ phase: 'Failed', conditions, containerStatuses: [ended('2024-01-01T00:01:00Z'), running] }),
    ).toBe(seconds);
    expect(finishedOf({ phase: 'Running', conditions })).toBeUndefined();
    expect(finishedOf({ phase: 'Failed' })).toBeUndefined();
  });

  it('belongs to its controller, of a ReplicaSet of a Deployment to that', () => {
    const hash = { 'pod-template-hash': '5d9c' };
    expect(workloadOf({ kind: 'ReplicaSet', name: 'my-web-5d9c', controller: true }, hash)).toBe('Deployment/my-web');
    expect(workloadOf({ kind: 'ReplicaSet', name: 'my-web-5d9c', controller: true })).toBe('ReplicaSet/my-web-5d9c');
    expect(workloadOf({ kind: 'ReplicaSet', name: 'web-77aa', controller: true }, hash)).toBe('ReplicaSet/web-77aa');
    expect(workloadOf({ kind: 'ReplicaSet', name: '-5d9c', controller: true }, hash)).toBe('ReplicaSet/-5d9c');
    expect(workloadOf({ kind: 'ReplicaSet', name: 'web-', controller: true }, { 'pod-template-hash': '' })).toBe(
      'ReplicaSet/web-',
    );
    expect(workloadOf({ kind: 'StatefulSet', name: 'db-5d9c', controller: true }, hash)).toBe('StatefulSet/db-5d9c');
    expect(workloadOf({ kind: 'Job', name: 'nightly-28391', controller: true })).toBe('Job/nightly-28391');
    expect(workloadOf({ kind: 'ReplicaSet', name: 'web-5d9c' }, hash)).toBe('/');
  });
});

describe('nodeOf', () => {
  it('keeps zone and internal addresses', () => {
    const node = {
      metadata: { uid: 'n-1', name: 'node-1', labels: { 'topology.kubernetes.io/zone': 'eu-1a' } },
      status: {
        addresses: [
          { type: 'Hostname', address: 'node-1' },
          { type: 'InternalIP', address: '192.168.0.1' },
          { type: 'ExternalIP', address: '203.0.113.1' },
          { type: 'InternalIP', address: 'fd00::a' },
        ],
      },
    };
    expect(nodeOf(node)).toEqual({
      uid: 'n-1',
      name: 'node-1',
      zone: 'eu-1a',
      internalIPs: ['192.168.0.1', 'fd00::a'],
    });
  });

  it('may have neither', () => {
    const bare = { uid: 'n-1', name: 'node-1', zone: '', internalIPs: [] };
    expect(nodeOf({ metadata: { uid: 'n-1', name: 'node-1' } })).toEqual(bare);
    const addresses = [{ type: 'InternalIP' }, null];
    expect(nodeOf({ metadata: { uid: 'n-1', name: 'node-1', labels: null }, status: { addresses } })).toEqual(bare);
  });
});

describe('serviceOf', () => {
  it('keeps ports, those without names too', () => {
    const ports = [{ name: 'https', port: 443, protocol: 'TCP' }, { port: 53, protocol: 'UDP' }, { port: 80 }, null];
    expect(serviceOf({ metadata: NAMES, spec: { ports } })).toEqual({
      ...NAMES,
      ports: [
        { name: 'https', port: 443, protocol: 'TCP' },
        { name: '', port: 53, protocol: 'UDP' },
        { name: '', port: 80, protocol: 'TCP' },
      ],
    });
  });

  it('may have none', () => {
    expect(serviceOf({ metadata: NAMES })).toEqual({ ...NAMES, ports: [] });
    expect(serviceOf({ metadata: NAMES, spec: { ports: null } })).toEqual({ ...NAMES, ports: [] });
  });
});

describe('each of them', () => {
  const KEYS = ['metadata', 'spec', 'status', 'labels', 'podIPs', 'containerStatuses', 'state', 'ports', 'addresses'];

  it('takes any JSON', () => {
    const any = fc.jsonValue();
    const object = fc.dictionary(
      fc.constantFrom(...KEYS),
      fc.oneof(any, fc.array(fc.dictionary(fc.constantFrom(...KEYS), any))),
    );
    fc.assert(
      fc.property(object, object, object, (metadata, spec, rest) => {
        const json = { metadata: { ...metadata, ...NAMES }, spec, status: rest };
        for (const convert of [podOf, nodeOf, serviceOf]) expect(convert(json)).toMatchObject({ uid: 'u-1' });
      }),
    );
  });
});
