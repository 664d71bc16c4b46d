import { describe, expect, it } from '@jest/globals';
import { aPod } from '../../support/kubernetes/a-pod.js';
import { aNode } from '../../support/kubernetes/a-node.js';
import {
  cutAfter,
  expired,
  garbage,
  html,
  internalError,
  redirect,
  tooManyRequests,
  unavailable,
  type Fault,
} from '../../support/kubernetes/fault.js';
import { ANTREA_RULES, ANTREA_USER } from '../../support/kubernetes/rbac.js';
import { Scenario, until } from './scenario.js';

describe('KubernetesCaches', () => {
  it('lists, then watches, with the permissions that the chart grants', async () => {
    const scenario = await Scenario.begin();
    const { server, caches, metrics } = scenario;
    scenario.addManyPods();
    expect(caches.isSynced).toBe(false);
    caches.start();
    await caches.synced();
    expect(caches.isSynced).toBe(true);
    await scenario.watched();
    scenario.addPod('late');
    server.edit('pods', 'default', 'a', ({ metadata }) => (metadata.labels = { changed: 'yes' }));
    server.remove('pods', 'default', 'b');
    server.put('nodes', aNode({ name: 'node-2' }));
    server.remove('services', 'default', 'web');
    await scenario.equal();
    expect(metrics.value('weir_kubernetes_objects', { kind: 'pods' })).toBe(1_103);
    expect(metrics.value('weir_kubernetes_synced', { kind: 'pods' })).toBe(1);
    expect(scenario.lists()).toBe(1);
    expect([scenario.asked, server.requests.every(({ status }) => status === 200)]).toEqual([
      new Set(['list pods', 'watch pods', 'list nodes', 'watch nodes', 'list services', 'watch services']),
      true,
    ]);
    const pages = server.requests.filter(({ verb, resource }) => verb === 'list' && resource === 'pods');
    expect(pages.map(({ query }) => [query.get('limit'), query.get('resourceVersion')])).toEqual(
      new Array(3).fill(['500', null]),
    );
    const watch = server.watching('pods')[0]!;
    expect(watch.wantsBookmarks).toBe(true);
    expect(watch.info.query.get('timeoutSeconds')).toBe('450');
    expect(scenario.logger.lines).toEqual([]);
  });

  it('reads objects whose bytes come in odd pieces', async () => {
    const scenario = await Scenario.watching({ oddPieces: true });
    scenario.addPod('späť-€');
    await scenario.equal();
  });

  it('goes on from the last event or bookmark when a watch ends', async () => {
    const scenario = await Scenario.watching();
    const { server } = scenario;
    server.put('nodes', aNode({ name: 'node-2' }));
    server.bookmark();
    const [watch] = server.watching('pods');
    await scenario.equal();
    await scenario.clock.advance(60_000);
    watch!.end();
    await until(() => scenario.restarts('ended') === 1);
    scenario.addPod('meanwhile');
    await scenario.watched();
    expect(server.watching('pods')[0]!.info.query.get('resourceVersion')).toBe(String(server.store.revision - 1));
    expect(scenario.lists()).toBe(1);
    expect(scenario.logger.lines).toEqual([]);
  });

  it('tells nothing and asks nothing more once closed', async () => {
    const scenario = await Scenario.watching();
    const asked = scenario.server.requests.length;
    await scenario.caches.close();
    await until(() => scenario.server.watches.size === 0);
    expect(scenario.clock.timers).toBe(0);
    expect(scenario.server.requests.length).toBe(asked);
    expect(scenario.logger.lines).toEqual([]);
  });

  it('closes while it can reach nobody, and releases who waits', async () => {
    const scenario = await Scenario.begin();
    await scenario.server.stop();
    scenario.caches.start();
    await scenario.allFailed('unreachable');
    const synced = scenario.caches.synced();
    await scenario.caches.close();
    await synced;
    expect(scenario.clock.timers).toBe(0);
  });
});

describe('a list', () => {
  it.each<[string, Fault, string]>([
    ['500', internalError(), 'server_error'],
    ['503', unavailable(), 'server_error'],
    ['410', expired(), 'expired'],
    ['a page of a proxy', html(), 'server_error'],
    ['a page of a proxy with 200', html(200), 'malformed'],
    ['what is cut and not JSON', garbage(), 'malformed'],
    ['other JSON', garbage('{"hello":["world"]}'), 'malformed'],
    ['a list without a version', garbage('{"kind":"PodList","metadata":{},"items":[]}'), 'malformed'],
    ['no object', garbage('[]'), 'malformed'],
    ['nothing', garbage(''), 'malformed'],
    ['a redirect', redirect('http://127.0.0.1:1/'), 'malformed'],
    ['half a page', cutAfter(9_000), 'unreachable'],
  ])('that is answered with %s is tried again', async (_name, fault, reason) => {
    for (const continuing of [false, true]) {
      const scenario = await Scenario.begin();
      scenario.addManyPods();
      scenario.server.fail({ resource: 'pods', continuing }, fault);
      scenario.caches.start();
      await scenario.failed(reason);
      // What a page that failed had of objects may be there; what is to go must not have gone.
      expect(scenario.pods.ended).toBe(0);
      await scenario.retry();
      await scenario.watched();
      expect(scenario.lists()).toBe(1);
      expect(scenario.logger.of('warn').length).toBe(1);
      expect(scenario.logger.of('info').map(({ message }) => message)).toEqual(['Kubernetes works again']);
    }
  });

  it('begins anew when its page is no longer known, and loses nothing that was known before', async () => {
    const scenario = await Scenario.watching();
    scenario.addManyPods();
    await scenario.equal();
    scenario.server.fail({ resource: 'pods', verb: 'watch' }, expired());
    scenario.server.fail({ resource: 'pods', continuing: true }, expired());
    scenario.server.breakConnections();
    await scenario.allFailed('unreachable');
    await scenario.retry();
    await scenario.failed('expired');
    scenario.server.remove('pods', 'default', 'pod-7');
    await scenario.retry();
    await scenario.failed('expired', 2);
    expect(scenario.pods.size).toBe(1_103);
    await scenario.clock.advance(2_000);
    await scenario.watched();
    expect(scenario.pods.begun).toBe(3);
    expect(scenario.pods.ended).toBe(2);
  });

  it('waits as long as the server asks, and asks for the page again, not for all', async () => {
    const scenario = await Scenario.begin();
    scenario.addManyPods();
    scenario.server.fail({ resource: 'pods', continuing: true }, tooManyRequests(17));
    scenario.caches.start();
    await scenario.failed('throttled');
    const asked = scenario.server.requests.length;
    await scenario.clock.advance(16_999);
    expect(scenario.server.requests.filter(({ verb }) => verb === 'list').length).toBeLessThanOrEqual(asked);
    expect(scenario.lists()).toBe(0);
    await scenario.clock.advance(1);
    await scenario.watched();
    expect(scenario.pods.begun).toBe(1);
    expect(scenario.server.requests.filter(({ verb, resource }) => verb === 'list' && resource === 'pods').length).toBe(
      4,
    );
  });

  it('is asked for again at once on another connection when the one that was kept is closed', async () => {
    const scenario = await Scenario.begin();
    scenario.addManyPods();
    scenario.server.fail({ resource: 'pods', continuing: true }, { kind: 'reset' });
    scenario.server.fail({ resource: 'pods', verb: 'watch' }, { kind: 'reset' });
    scenario.caches.start();
    await scenario.watched();
    expect(scenario.errors('unreachable')).toBe(0);
  });

  it('whose new connection breaks is tried again', async () => {
    const scenario = await Scenario.begin();
    scenario.server.fail({ resource: 'pods' }, { kind: 'reset' });
    scenario.caches.start();
    await scenario.failed('unreachable');
    await scenario.retry();
    await scenario.watched();
    expect(scenario.logger.of('warn')[0]!.message).toContain('is unreachable: it closed the connection (ECONNRESET)');
  });

  it('that does not begin to be answered is given up', async () => {
    const scenario = await Scenario.begin();
    scenario.server.fail({ resource: 'pods' }, { kind: 'hang' });
    scenario.caches.start();
    await scenario.server.until(() => scenario.server.watches.size === 2);
    await scenario.clock.advance(70_000);
    await scenario.failed('silent');
    await scenario.retry();
    await scenario.watched();
    expect(scenario.logger.of('warn')[0]!.message).toBe(
      `the API server ${scenario.server.url} did not answer within 70 s`,
    );
  });

  it('skips what is no object, counted', async () => {
    const scenario = await Scenario.begin();
    const items = [7, null, 'x', [], {}, { metadata: { name: 'nameless' } }, { metadata: { uid: 'u', name: 'n' } }];
    scenario.server.fail(
      { resource: 'pods', verb: 'list' },
      garbage(JSON.stringify({ kind: 'PodList', metadata: { resourceVersion: '1005' }, items })),
    );
    scenario.caches.start();
    await scenario.caches.synced();
    expect([...scenario.pods.objects.keys()]).toEqual(['u']);
    expect(scenario.errors('unusable_object')).toBe(6);
  });
});

describe('a watch', () => {
  it.each<[string, Fault, string]>([
    ['500', internalError(), 'server_error'],
    ['a page of a proxy', html(), 'server_error'],
    ['429', tooManyRequests(1), 'throttled'],
    ['a page of a proxy with 200', html(200), 'malformed'],
    ['half a line', garbage('{"type":"ADDED","object":{'), 'unreachable'],
    ['an event of type ERROR', garbage('{"type":"ERROR","object":{"code":500,"message":"etcd"}}\n'), 'server_error'],
    ['nothing', garbage(''), 'server_error'],
    ['a redirect', redirect('http://127.0.0.1:1/'), 'malformed'],
  ])('that is answered with %s is tried again from where it was', async (_name, fault, reason) => {
    const scenario = await Scenario.begin();
    scenario.server.fail({ resource: 'pods', verb: 'watch' }, fault);
    scenario.caches.start();
    await scenario.failed(reason);
    scenario.addPod('meanwhile');
    await scenario.retry();
    await scenario.watched();
    expect(scenario.lists()).toBe(1);
    expect(scenario.logger.of('warn').length).toBe(1);
    expect(scenario.logger.of('info').length).toBe(1);
  });

  it.each<[string, Fault]>([
    ['with an event', expired()],
    ['with its status', expired(false)],
  ])('whose place is not known any more, told %s, is followed by a list', async (_name, fault) => {
    const scenario = await Scenario.begin();
    scenario.server.fail({ resource: 'pods', verb: 'watch' }, fault);
    scenario.caches.start();
    await scenario.failed('expired');
    scenario.server.remove('pods', 'default', 'a');
    scenario.addPod('meanwhile');
    await scenario.retry();
    await scenario.watched();
    expect(scenario.lists()).toBe(2);
    expect(scenario.restarts('expired')).toBe(1);
    expect(scenario.logger.of('warn')).toEqual([]);
  });

  it('is followed by a list when bookmarks came too late', async () => {
    const scenario = await Scenario.watching();
    scenario.server.breakConnections();
    await scenario.allFailed('unreachable');
    scenario.server.remove('pods', 'default', 'a');
    scenario.server.compact();
    await scenario.retry();
    await scenario.allFailed('expired');
    await scenario.retry();
    await scenario.watched();
  });

  it('that breaks in the middle of a line goes on before it', async () => {
    const scenario = await Scenario.watching();
    scenario.server.watching('pods')[0]!.cut('{"type":"DELETED","object":{"metadata":{"uid":"');
    await scenario.failed('unreachable');
    scenario.addPod('meanwhile');
    await scenario.retry();
    await scenario.watched();
    expect(scenario.lists()).toBe(1);
    expect(scenario.restarts('broken')).toBe(1);
  });

  it('that says nothing for three minutes is ended, and goes on', async () => {
    const scenario = await Scenario.watching();
    const [watch] = scenario.server.watching('pods');
    await scenario.clock.advance(170_000);
    scenario.server.bookmark();
    await until(() => watch!.events === 1);
    watch!.silence();
    await scenario.clock.advance(100_000);
    scenario.addPod('unheard');
    scenario.server.bookmark();
    await scenario.clock.advance(79_000);
    expect(scenario.restarts('silent')).toBe(0);
    await scenario.clock.advance(2_000);
    await scenario.failed('silent');
    await scenario.clock.advance(2_000);
    await scenario.watched();
    expect(scenario.lists()).toBe(1);
  });

  it('that sends no end of a line is ended', async () => {
    const scenario = await Scenario.watching();
    const [watch] = scenario.server.watching('pods');
    for (let megabytes = 0; megabytes < 17; megabytes++) watch!.line('x'.repeat(2 ** 20));
    await scenario.failed('malformed');
    await scenario.retry();
    await scenario.watched();
    expect(scenario.logger.of('warn')[0]!.message).toContain('with a line of more than 16777216 bytes');
  });

  it('skips events it does not know', async () => {
    const scenario = await Scenario.watching();
    scenario.server.watching('pods')[0]!.line('{"type":"RENAMED"}\n7\n\n{"type":"ADDED","object":7}\n');
    scenario.addPod('after');
    await scenario.equal();
    expect(scenario.errors('unusable_object')).toBe(3);
    expect(scenario.logger.of('repeated')[0]!.message).toBe(
      'among the pods from Kubernetes is an event of type "RENAMED": it is left out',
    );
  });
});

describe('an API server', () => {
  it('that restarts with what it had is watched from where that was', async () => {
    const scenario = await Scenario.watching();
    await scenario.server.restart();
    await scenario.allFailed('unreachable');
    scenario.addPod('meanwhile');
    await scenario.retry();
    await scenario.watched();
    expect(scenario.lists()).toBe(1);
  });

  it('that restarts with another history is listed again', async () => {
    for (const revision of [10, 5_000]) {
      const scenario = await Scenario.watching();
      await scenario.server.restart({ revision });
      await scenario.allFailed('unreachable');
      scenario.server.put('pods', aPod({ name: 'restored' }));
      await scenario.retry();
      await scenario.allFailed('expired');
      await scenario.retry();
      await scenario.watched();
      expect([...scenario.pods.objects.values()].map(({ name }) => name)).toEqual(['restored']);
    }
  });

  it('that ends a watch early and has another history is listed again', async () => {
    const scenario = await Scenario.watching();
    await scenario.clock.advance(2_000);
    const earlier = garbage('{"kind":"PodList","metadata":{"resourceVersion":"10"},"items":[]}');
    scenario.server.fail({ resource: 'pods', verb: 'list' }, earlier);
    scenario.server.watching('pods')[0]!.end();
    await scenario.failed('expired');
    await scenario.retry();
    await scenario.watched();
    expect(scenario.lists()).toBe(2);
  });

  it('whose events go back in time is listed again', async () => {
    const scenario = await Scenario.watching();
    const object = { kind: 'Pod', metadata: { resourceVersion: '10' } };
    scenario.server.watching('pods')[0]!.line(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
    await scenario.failed('expired');
    await scenario.retry();
    await scenario.watched();
    expect(scenario.lists()).toBe(2);
  });

  it('that is not there is told of once a minute for all kinds, and asked every half a minute at least', async () => {
    const scenario = await Scenario.begin();
    await scenario.server.stop();
    scenario.caches.start();
    for (const wait of [1_000, 2_000, 4_000, 8_000, 16_000]) {
      const failures = scenario.errors('unreachable');
      await scenario.failed('unreachable', failures + 1);
      await scenario.clock.advance(wait);
    }
    for (let times = 0; times < 20; times++) {
      await scenario.failed('unreachable', 6 + times);
      await scenario.clock.advance(30_000);
    }
    let lines = scenario.logger.of('warn');
    expect(lines.length).toBe(1 + Math.floor(631 / 60));
    expect(lines[0]!.message).toBe(
      `the API server ${scenario.server.url} is unreachable: connection refused (ECONNREFUSED)`,
    );
    expect(lines[1]!.fields).toMatchObject({
      concerns: 'nodes, pods, services',
      until_then: 'flows go on without what Kubernetes knows',
    });
    expect(scenario.caches.isSynced).toBe(false);
    await scenario.server.listen();
    await scenario.clock.advance(30_000);
    await scenario.watched();
    expect(scenario.logger.of('info').length).toBe(1);
    lines = scenario.logger.of('warn');
    await scenario.clock.advance(120_000);
    expect(scenario.logger.of('warn').length).toBe(lines.length);
  });
});

describe('credentials', () => {
  it('that rotate are read again', async () => {
    const scenario = await Scenario.watching();
    scenario.account.rotate(`${scenario.server.rotateToken()}\n`);
    scenario.server.breakConnections();
    await scenario.allFailed('unreachable');
    scenario.addPod('meanwhile');
    await scenario.retry();
    await scenario.watched();
    expect(scenario.errors('unauthorized')).toBe(0);
  });

  it('that are refused are read again until they are not', async () => {
    const scenario = await Scenario.watching();
    const token = scenario.server.rotateToken();
    scenario.server.breakConnections();
    await scenario.allFailed('unreachable');
    await scenario.retry();
    await scenario.allFailed('unauthorized');
    expect(scenario.logger.matching(/does not accept Weir's credentials \(401\)/).length).toBe(1);
    scenario.account.rotate(token);
    await scenario.clock.advance(2_000);
    await scenario.watched();
    const secrets = JSON.stringify(scenario.logger.lines);
    expect(secrets).not.toContain(token);
  });

  it('that are not on disk are told of', async () => {
    const scenario = await Scenario.begin();
    scenario.server.rotateToken();
    scenario.caches.start();
    await scenario.allFailed('unauthorized');
    expect(scenario.caches.isSynced).toBe(false);
  });
});

describe('permission', () => {
  it('that is denied for one kind holds up no other, and is used once it is granted', async () => {
    const nodesAndServices = [{ verbs: ['get', 'list', 'watch'], resources: ['nodes', 'services'] }];
    const scenario = await Scenario.begin({ rules: nodesAndServices });
    scenario.caches.start();
    await scenario.caches.synced();
    await scenario.failed('forbidden');
    expect(scenario.metrics.value('weir_kubernetes_synced', { kind: 'pods' })).toBe(0);
    expect(scenario.metrics.value('weir_kubernetes_synced', { kind: 'nodes' })).toBe(1);
    await scenario.server.until(() => scenario.server.watches.size === 2);
    const [line] = scenario.logger.of('warn');
    expect(line!.message).toContain(
      `may not list pods: the API server ${scenario.server.url} refuses it (403): pods is `,
    );
    expect(line!.message).toContain('a ClusterRole must grant verb list on pods');
    scenario.server.users.grant(ANTREA_USER, ANTREA_RULES);
    await scenario.clock.advance(30_000);
    await scenario.watched();
    expect(scenario.logger.of('warn').length).toBe(1);
    expect(scenario.logger.of('info').length).toBe(1);
  });

  it('to watch alone may be missing, too', async () => {
    const scenario = await Scenario.begin();
    const grant = scenario.server.users.deny({ resource: 'services', verb: 'watch' });
    scenario.caches.start();
    await scenario.failed('forbidden', 1, 'services');
    expect(scenario.logger.of('warn')[0]!.message).toContain('may not watch services');
    grant();
    await scenario.retry();
    await scenario.watched();
    expect(scenario.lists('services')).toBe(1);
  });
});
