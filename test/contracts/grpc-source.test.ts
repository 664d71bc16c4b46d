import { GrpcCollector } from '../../src/adapters/grpc/collector/grpc-collector.js';
import { GrpcSender } from '../support/contracts/grpc-sender.js';
import { describeSourceContract } from '../support/contracts/source-contract.js';
import { TestCertificateStore, testPki } from '../support/pki.js';

describeSourceContract('gRPC', {
  transport: 'grpc',
  abilities: { holdsBack: true, hasSessions: true },
  source: async (options, { clock, logger, metrics }) => {
    const certificates = new TestCertificateStore((await testPki()).credentials);
    return new GrpcCollector(
      { ...options, idleTimeout: 0, hashKey: [1, 2], contents: { podLabels: false } },
      certificates,
      clock,
      logger,
      metrics,
    );
  },
  sender: async (port, stays) => GrpcSender.connect(port, await testPki(), stays),
});
