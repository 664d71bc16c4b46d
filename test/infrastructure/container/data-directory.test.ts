import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { dataDirectoryOf } from '../../../src/adapters/identity/data-directory.js';
import type { ClusterIdentity } from '../../../src/domain/cluster/cluster-identity.js';
import { readConfiguration } from '../../../src/infrastructure/configuration/read-configuration.js';
import { createContainer } from '../../../src/infrastructure/container/container.js';
import { Service } from '../../../src/infrastructure/service.js';
import { INFRASTRUCTURE } from '../../../src/infrastructure/symbols.js';
import { RecordingLogger } from '../../support/recording-logger.js';

const UUID = '11111111-1111-4111-8111-111111111111';
const NOBODY = 65_534;

let directory: string;
let logger: RecordingLogger;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-data-'));
  logger = new RecordingLogger();
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const containerOf = (text: string) => createContainer(readConfiguration(text).configuration, logger);

/** Does something as one who may read the directory and not write to it. */
function asReader<T>(action: () => T): T {
  const user = process.getuid!();
  if (user === 0) chownSync(directory, NOBODY, NOBODY);
  chmodSync(directory, 0o500);
  if (user === 0) process.seteuid!(NOBODY);
  try {
    return action();
  } finally {
    process.seteuid!(user);
    chmodSync(directory, 0o700);
  }
}

describe('a data directory that can only be read', () => {
  it('has the UUID that was put there', () => {
    const file = join(directory, 'cluster-uuid');
    writeFileSync(file, UUID);
    chmodSync(file, 0o644);
    const container = containerOf(`dataDirectory: ${directory}`);
    const { clusterId } = asReader(() => container.get<ClusterIdentity>(INFRASTRUCTURE.ClusterIdentity));
    expect(clusterId).toBe(UUID);
    expect(logger.of('warn')).toEqual([]);
  });

  it('is the one that is used, if it is configured', () => {
    writeFileSync(join(directory, 'file'), '');
    const unwritable = join(directory, 'file/data');
    expect(dataDirectoryOf(unwritable)).toBe(unwritable);
    expect(dataDirectoryOf('', [unwritable])).toBeUndefined();
    expect(dataDirectoryOf('', [unwritable, directory])).toBe(directory);
  });

  it('without one gives a warning that says where it was to be kept', () => {
    const container = containerOf(`dataDirectory: ${directory}`);
    asReader(() => container.get(INFRASTRUCTURE.ClusterIdentity));
    expect(logger.of('warn')).toEqual([
      expect.objectContaining({
        message: expect.stringContaining('make the directory writable or set dataDirectory'),
        fields: { file: join(directory, 'cluster-uuid'), error: expect.stringContaining('EACCES') },
      }),
    ]);
  });
});

describe('a data directory that can not be made', () => {
  it('keeps no service from starting: it has certificates of its own, and warns once that nobody can be given any', async () => {
    writeFileSync(join(directory, 'file'), '');
    const data = join(directory, 'file/data');
    const listen = '{ipfix: "127.0.0.1:0", grpc: "127.0.0.1:0", metrics: ""}';
    const service = new Service(containerOf(`dataDirectory: ${data}\nlisten: ${listen}`));
    await service.start();
    try {
      expect(service.addresses).toHaveLength(2);
      expect(logger.of('warn').map(({ fields }) => fields)).toEqual([
        expect.objectContaining({ directory: join(data, 'certificates'), error: expect.stringContaining('ENOTDIR') }),
      ]);
      expect(logger.matching(/exporters need these files/)).toEqual([]);
    } finally {
      await service.drain();
    }
  });
});
