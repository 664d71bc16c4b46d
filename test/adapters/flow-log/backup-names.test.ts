import { describe, expect, it } from '@jest/globals';
import { BackupNames } from '../../../src/adapters/flow-log/backup-names.js';

const TIME = Date.UTC(2025, 0, 31, 23, 59, 58, 7);

describe('names of backups', () => {
  it.each([
    ['/var/log/antrea-flows.log', 'antrea-flows-2025-01-31T23-59-58.007.log'],
    ['flows', 'flows-2025-01-31T23-59-58.007'],
    ['a.b.csv', 'a.b-2025-01-31T23-59-58.007.csv'],
    ['.hidden', '-2025-01-31T23-59-58.007.hidden'],
    ['odd+(x)[1].log', 'odd+(x)[1]-2025-01-31T23-59-58.007.log'],
  ])('are the time in the middle: %s', (path, name) => {
    const names = new BackupNames(path);
    expect(names.of(TIME)).toBe(name);
    expect(names.parse(name)).toEqual({ name, time: TIME, kind: 'plain' });
    expect(names.parse(`${name}.gz`)).toEqual({ name: `${name}.gz`, time: TIME, kind: 'compressed' });
    expect(names.parse(`${name}.gz.tmp`)).toEqual({ name: `${name}.gz.tmp`, time: TIME, kind: 'unfinished' });
  });

  it.each([
    'flows.log',
    'flows-.log',
    'flows-2025-01-31T23-59-58.007.log.1',
    'flows-2025-01-31T23-59-58.007.log.gz.bak',
    'flows-2025-01-31T23-59-58.007Xlog',
    'flows-2025-01-31T23-59-58.log',
    'flows-2025-13-31T23-59-58.007.log',
    'flows-2025-01-31T25-59-58.007.log',
    'my-flows-2025-01-31T23-59-58.007.log',
    'flows-2025-01-31T23-59-58.007.log\n',
    'flows-2025-01-31T23-59-58.007.txt',
  ])('are nothing else: %j', (name) => {
    expect(new BackupNames('/x/flows.log').parse(name)).toBeUndefined();
  });
});
