import { expect, it } from '@jest/globals';
import { check } from '../../../src/infrastructure/configuration/checks.js';
import { formatProblem } from '../../../src/infrastructure/configuration/problem.js';
import { readConfiguration } from '../../../src/infrastructure/configuration/read-configuration.js';
import { FlowFilterSection } from '../../../src/infrastructure/configuration/sections/flow-logger.js';

// In a file of its own: no section in a list has a check yet, so it is given one here, which stays with the class.
it("reports a check of a list's item with the item's number and place", () => {
  const isEmpty = (value: unknown): boolean => (value as readonly unknown[]).length === 0;
  check('empty', 'error', isEmpty, () => 'is not empty')(FlowFilterSection.prototype, 'egressNetworkPolicyRuleActions');
  const text = 'flowLogger:\n  enable: on\n  filters:\n  - {}\n  - egressNetworkPolicyRuleActions: [Drop]';
  expect(readConfiguration(text).problems.map((problem) => formatProblem('f', problem))).toEqual([
    'f:5:5: flowLogger.filters[1].egressNetworkPolicyRuleActions: is not empty',
  ]);
});
