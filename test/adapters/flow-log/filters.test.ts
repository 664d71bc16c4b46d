import { describe, expect, it } from '@jest/globals';
import type { ActionName, FlowLogFilter } from '../../../src/adapters/flow-log/options.js';
import { aBatch } from '../../support/a-batch.js';
import { LoggedFlows } from './support.js';

const NUMBERS = [0, 1, 2, 3, 4, 255];
const NAMES: readonly (ActionName | undefined)[] = ['None', 'Allow', 'Drop', 'Reject', undefined, undefined];

const filter = (ingress: ActionName[], egress: ActionName[]): FlowLogFilter => ({
  ingressNetworkPolicyRuleActions: ingress,
  egressNetworkPolicyRuleActions: egress,
});

/** Every pair of actions, in a flow each that is named after them. */
const PAIRS = NUMBERS.flatMap((ingress) => NUMBERS.map((egress) => ({ ingress, egress })));

const batch = aBatch(
  PAIRS.map(({ ingress, egress }) => ({
    sourcePodName: `${ingress} ${egress}`,
    ingressNetworkPolicyRuleAction: ingress,
    egressNetworkPolicyRuleAction: egress,
  })),
);

describe('filters', () => {
  it.each<[string, readonly FlowLogFilter[]]>([
    ['no filter', []],
    ['one that matches all', [filter([], [])]],
    ['one action', [filter(['Drop'], [])]],
    ['the other side', [filter([], ['Reject'])]],
    ['several actions', [filter(['Drop', 'Reject'], [])]],
    ['both sides: and', [filter(['Allow', 'None'], ['None', 'Allow'])]],
    ['two filters: or', [filter(['Drop'], []), filter([], ['Drop'])]],
    ['two that overlap', [filter(['Drop'], ['None']), filter(['Drop', 'Allow'], [])]],
    ['all that have names', [filter(['None', 'Allow', 'Drop', 'Reject'], [])]],
  ])('log what matches: %s', async (_, filters) => {
    const includes = (list: readonly ActionName[], number: number): boolean =>
      list.length === 0 || list.some((name) => name === NAMES[NUMBERS.indexOf(number)]);
    const expected = PAIRS.filter(
      ({ ingress, egress }) =>
        filters.length === 0 ||
        filters.some(
          (one) =>
            includes(one.ingressNetworkPolicyRuleActions, ingress) &&
            includes(one.egressNetworkPolicyRuleActions, egress),
        ),
    ).map(({ ingress, egress }) => `${ingress} ${egress}`);
    const logged = new LoggedFlows({ filters });
    await logged.deliver(batch);
    expect(logged.names).toEqual(expected);
    expect(logged.log.filtered(batch)).toBe(PAIRS.length - expected.length);
  });
});
