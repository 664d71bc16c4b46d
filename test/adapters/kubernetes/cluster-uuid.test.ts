import { describe, expect, it } from '@jest/globals';
import { clusterUuid } from '../../../src/adapters/kubernetes/cluster-uuid.js';
import { internalError } from '../../support/kubernetes/fault.js';
import { Scenario, until } from './scenario.js';

const UUID = '5b3b5ba4-6a22-4a6c-a0b9-2d4a0a2b1e9c';
const identity = (uuid: string) => ({
  metadata: { name: 'antrea-cluster-identity', namespace: 'kube-system' },
  data: { uuid },
});

/** What comes of it when each wait is over as soon as it begins. */
async function uuidOf(
  scenario: Scenario,
  whenFailed: (times: number) => void = () => undefined,
): Promise<string | undefined> {
  const { clock, logger } = scenario;
  const over = { is: false };
  const uuid = clusterUuid(scenario.options, { clock, logger, random: () => 0.5 }).finally(() => (over.is = true));
  for (let times = 1; ; times++) {
    await until(() => over.is || logger.of('debug').length === times);
    if (over.is) return uuid;
    whenFailed(times);
    await clock.advance(clock.untilNext!);
  }
}

describe('clusterUuid', () => {
  it('is what Antrea gave the cluster', async () => {
    const scenario = await Scenario.begin();
    scenario.server.put('configmaps', identity(` ${UUID.toUpperCase()}\n`));
    expect(await uuidOf(scenario)).toBe(UUID);
    expect(scenario.asked).toEqual(new Set(['get configmaps']));
    expect(scenario.clock.timers).toBe(0);
    expect(scenario.logger.lines).toEqual([]);
  });

  it('is waited for while it is not there, or the server has other troubles', async () => {
    const scenario = await Scenario.begin();
    scenario.server.fail({ resource: 'configmaps' }, internalError());
    const uuid = await uuidOf(scenario, (times) => {
      if (times === 2) scenario.server.put('configmaps', identity('later'));
      if (times === 3) scenario.server.put('configmaps', identity(UUID));
    });
    expect(uuid).toBe(UUID);
    expect(scenario.logger.of('warn')).toEqual([]);
  });

  it('is not waited for longer than ten seconds', async () => {
    const scenario = await Scenario.begin();
    const began = scenario.clock.monotonicMilliseconds();
    expect(await uuidOf(scenario)).toBeUndefined();
    expect(scenario.clock.monotonicMilliseconds() - began).toBe(10_000);
    expect(scenario.logger.of('warn')).toMatchObject([
      {
        fields: {
          reason: expect.stringContaining('has no configmaps/antrea-cluster-identity in namespace kube-system (404)'),
        },
      },
    ]);
  });

  it('is not asked for again if that is not allowed', async () => {
    const scenario = await Scenario.begin({ rules: [] });
    expect(await uuidOf(scenario)).toBeUndefined();
    expect(scenario.server.requests.length).toBe(1);
    const [line] = scenario.logger.of('warn');
    expect(line!.fields['reason']).toMatch(/may not get configmaps\/antrea-cluster-identity in namespace kube-system/);
  });

  it('is not known when nobody answers', async () => {
    const scenario = await Scenario.begin();
    scenario.server.fail({}, { kind: 'hang' });
    const { clock, logger } = scenario;
    const uuid = clusterUuid(scenario.options, { clock, logger, random: () => 0.5 });
    await scenario.server.until(() => scenario.server.requests.length === 1);
    await clock.advance(10_000);
    expect(await uuid).toBeUndefined();
    expect(clock.timers).toBe(0);
  });
});
