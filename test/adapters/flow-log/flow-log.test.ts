import { chmodSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { SYSTEM_FILES } from '../../../src/adapters/flow-log/file-system.js';
import { aBatch } from '../../support/a-batch.js';
import { settle } from '../../support/fake-clock.js';
import { flows, LoggedFlows, manyNames } from './support.js';

/** A flow with something in each column. */
const FULL = aBatch([
  {
    flowStartSeconds: 1_700_000_000,
    flowEndSeconds: 1_700_000_060,
    sourceIP: '10.0.0.1',
    destinationIP: '2001:db8::1',
    sourceTransportPort: 40_000,
    destinationTransportPort: 8080,
    protocolIdentifier: 6,
    sourcePodName: 'client',
    sourcePodNamespace: 'shop',
    sourceNodeName: 'node-1',
    destinationPodName: 'server',
    destinationPodNamespace: 'store',
    destinationNodeName: 'node-2',
    destinationClusterIP: '10.96.0.7',
    destinationServiceIP: '192.0.2.9',
    destinationServicePort: 80,
    destinationServicePortName: 'store/server:http',
    ingressNetworkPolicyName: 'in',
    ingressNetworkPolicyNamespace: 'store',
    ingressNetworkPolicyRuleName: 'rule,1',
    ingressNetworkPolicyRuleAction: 1,
    ingressNetworkPolicyType: 2,
    egressNetworkPolicyName: 'out',
    egressNetworkPolicyNamespace: 'shop',
    egressNetworkPolicyRuleName: 'rule 2',
    egressNetworkPolicyRuleAction: 2,
    egressNetworkPolicyType: 1,
    egressName: 'gate',
    egressIP: '203.0.113.1',
    egressNodeName: 'node-3',
  },
]);

describe('a flow log', () => {
  it('has a line of thirty columns for each flow', async () => {
    const logged = new LoggedFlows();
    await logged.deliver(FULL);
    expect(logged.text).toBe(
      '1700000000,1700000060,10.0.0.1,2001:db8::1,40000,8080,TCP,client,shop,node-1,server,store,node-2,' +
        '10.96.0.7,192.0.2.9,80,store/server:http,in,store,"rule,1",Allow,AntreaNetworkPolicy,' +
        'out,shop,rule 2,Drop,K8sNetworkPolicy,gate,203.0.113.1,node-3\n',
    );
  });

  it('has numbers if it is not to be pretty, and nothing for what a flow does not have', async () => {
    const logged = new LoggedFlows({ prettyPrint: false });
    await logged.deliver(FULL, aBatch([{ flowStartSeconds: 7 }]));
    const [full, bare] = logged.text.split('\n');
    expect(full).toContain(',8080,6,client,');
    expect(full).toContain('"rule,1",1,2,out,shop,rule 2,2,1,gate');
    expect(bare).toBe('7,0,10.0.0.1,10.0.0.2,40000,80,6,,,,,,,,,0,,,,,0,0,,,,0,0,,,');
  });

  it('makes its directory and goes on at the end of a file that is there', async () => {
    const logged = new LoggedFlows();
    const path = join(logged.directory, 'a', 'b', 'deep.log');
    const first = logged.open({ path });
    await first.deliver([flows('one')], new AbortController().signal);
    await first.close();
    await logged.open({ path }).deliver([flows('two')], new AbortController().signal);
    expect(logged.read('a/b/deep.log').match(/one|two/g)).toEqual(['one', 'two']);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('begins a line of its own where a file ends in the middle of one', async () => {
    const logged = new LoggedFlows();
    writeFileSync(join(logged.directory, 'torn.log'), 'half a li');
    const log = logged.open({ path: join(logged.directory, 'torn.log') });
    await log.deliver([flows('one')], new AbortController().signal);
    expect(logged.read('torn.log')).toMatch(/^half a li\n.*,one,.*\n$/);
  });

  it('is opened before there is any flow, and says where it is', async () => {
    const logged = new LoggedFlows();
    await logged.deliver();
    expect(logged.text).toBe('');
    expect(logged.logger.lines.map(({ level, message, fields }) => [level, message, fields['path']])).toEqual([
      ['info', 'flows are logged to a file', logged.path],
    ]);
  });

  it('takes groups of many batches and rows', async () => {
    const logged = new LoggedFlows();
    const groups = ['a', 'b'].map((group) => ['x', 'y', 'z'].map((batch) => manyNames(group + batch, 4_000)));
    for (const group of groups) await logged.deliver(...group.map((names) => flows(...names)));
    expect(logged.names).toEqual(groups.flat(2));
  });

  it('rejects a delivery that is aborted, and one after it was closed', async () => {
    const logged = new LoggedFlows();
    const abort = new AbortController();
    abort.abort(new Error('stop'));
    await expect(logged.log.deliver([flows('one')], abort.signal)).rejects.toThrow('stop');
    await logged.log.close();
    await expect(logged.deliver(flows('one'))).rejects.toThrow('closed');
    expect(logged.text).toBe('');
  });

  it('rejects as soon as it is aborted though a write hangs, and closes though it never ends', async () => {
    let appends = 0;
    let end: () => void = () => undefined;
    const logged = new LoggedFlows(
      {},
      {
        ...SYSTEM_FILES,
        open: async (path, mode) => {
          const file = await SYSTEM_FILES.open(path, mode);
          return {
            state: () => file.state(),
            truncate: (size) => file.truncate(size),
            close: () => file.close(),
            append: (bytes) => {
              appends++;
              return new Promise((resolve) => (end = () => resolve(bytes.length)));
            },
          };
        },
      },
    );
    const abort = new AbortController();
    const delivery = logged.log.deliver([flows('one')], abort.signal);
    while (appends === 0) await settle();
    abort.abort(new Error('stop'));
    await expect(delivery).rejects.toThrow('stop');
    const closed = logged.log.close();
    await logged.clock.advance(2_000);
    await closed;
    end();
    expect(logged.clock.timers).toBe(0);
  });

  it('leaves no timer behind', async () => {
    const logged = new LoggedFlows();
    await logged.deliver(flows('one'));
    await logged.log.close();
    expect(logged.clock.timers).toBe(0);
  });
});

describe('a flow log that cannot be written', () => {
  it('rejects with the reason, and takes the flows once it can be', async () => {
    const logged = new LoggedFlows();
    const path = join(logged.directory, 'blocked', 'flows.log');
    writeFileSync(join(logged.directory, 'blocked'), '');
    const log = logged.open({ path });
    const group = [flows('one')];
    const { signal } = new AbortController();
    await expect(log.deliver(group, signal)).rejects.toThrow(
      `${path} can't be written: a part of its path is no directory (ENOTDIR)`,
    );
    rmSync(join(logged.directory, 'blocked'));
    await log.deliver(group, signal);
    expect(logged.read('blocked/flows.log')).toContain(',one,');
  });

  it('says so when its path is a directory', async () => {
    const logged = new LoggedFlows();
    mkdirSync(join(logged.directory, 'folder'));
    const log = logged.open({ path: join(logged.directory, 'folder') });
    await expect(log.deliver([flows('one')], new AbortController().signal)).rejects.toThrow(
      "can't be written: it is a directory (EISDIR)",
    );
  });

  it('gives the words of the system for the disk that is full', async () => {
    const logged = new LoggedFlows();
    if (!existsSync('/dev/full')) return;
    const log = logged.open({ path: '/dev/full' });
    await expect(log.deliver([flows('one')], new AbortController().signal)).rejects.toThrow(
      "/dev/full can't be written: the disk is full (ENOSPC)",
    );
  });

  it('tells nothing before there are flows, which the queue does then', async () => {
    const logged = new LoggedFlows();
    const path = join(logged.directory, 'folder');
    mkdirSync(path);
    chmodSync(path, 0o700);
    const log = logged.open({ path });
    await logged.clock.advance(5_000);
    await log.close();
    expect(logged.logger.matching(/can't|not/)).toEqual([]);
  });
});
