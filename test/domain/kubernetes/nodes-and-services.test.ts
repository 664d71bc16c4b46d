import { describe, expect, it } from '@jest/globals';
import { aNodeObject, aServiceObject, kubernetesObjects } from '../../support/kubernetes-objects.js';

describe('Nodes', () => {
  it('are found by name and by internal address', () => {
    const { nodes } = kubernetesObjects({
      nodes: [aNodeObject({ name: 'n1', zone: 'z', internalIPs: ['192.0.2.1', '2001:db8:0::1', 'odd'] })],
    });
    expect(nodes.byName('n1')).toMatchObject({ name: 'n1', zone: 'z', uid: 'uid-of-n1' });
    expect(nodes.byInternalIP('192.0.2.1')?.name).toBe('n1');
    expect(nodes.byInternalIP('2001:db8::1')?.name).toBe('n1');
    expect([nodes.byName('n2'), nodes.byInternalIP('odd'), nodes.byInternalIP('192.0.2.2')]).toEqual([
      ...[undefined, undefined, undefined],
    ]);
  });

  it('may have no address, and share one', () => {
    const { nodes } = kubernetesObjects({
      nodes: [
        aNodeObject({ name: 'none' }),
        aNodeObject({ name: 'a', internalIPs: ['192.0.2.1'] }),
        aNodeObject({ name: 'b', internalIPs: ['192.0.2.1'] }),
      ],
    });
    nodes.delete('uid-of-a');
    expect([nodes.byInternalIP('192.0.2.1')?.name, nodes.size]).toEqual(['b', 2]);
  });

  it('are replaced by one of the same name, whose predecessor may be deleted later', () => {
    const { nodes } = kubernetesObjects({ nodes: [aNodeObject({ name: 'n', uid: 'old' })] });
    nodes.put(aNodeObject({ name: 'n', uid: 'new' }));
    nodes.delete('old');
    nodes.delete('unknown');
    expect([nodes.byName('n')?.uid, nodes.size]).toEqual(['new', 1]);
  });

  it('end when a list does not have them', () => {
    const { nodes, strings } = kubernetesObjects({ nodes: [aNodeObject({ name: 'a' }), aNodeObject({ name: 'b' })] });
    nodes.beginList();
    nodes.put(aNodeObject({ name: 'b' }));
    nodes.endList();
    expect([nodes.byName('a'), nodes.byName('b')?.name]).toEqual([undefined, 'b']);
    strings.dictionary.advance(2_000_000);
    strings.dictionary.sweep(100);
    expect(strings.dictionary.size).toBe(2);
  });
});

describe('Services', () => {
  it('are found by namespace and name, and end by deletion and by a list', () => {
    const { services } = kubernetesObjects({
      services: [
        aServiceObject({ name: 'web', ports: [{ name: '', port: 80, protocol: 'TCP' }] }),
        aServiceObject({ name: 'web', namespace: 'shop', uid: 'shop-web' }),
        aServiceObject({ name: 'dns' }),
      ],
    });
    expect(services.byName('default', 'web')).toMatchObject({ uid: 'uid-of-web', ports: [{ name: '', port: 80 }] });
    expect(services.byName('shop', 'web')?.uid).toBe('shop-web');
    services.delete('shop-web');
    expect([services.byName('shop', 'web'), services.size]).toEqual([undefined, 2]);
    services.beginList();
    services.put(aServiceObject({ name: 'dns', uid: 'anew' }));
    services.endList();
    expect([services.byName('default', 'dns')?.uid, services.size]).toEqual(['anew', 1]);
  });
});
