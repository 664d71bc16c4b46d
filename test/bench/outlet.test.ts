import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openOutlet } from '../../bench/outlet.js';
import { DEFAULT_SIMULATION_OPTIONS } from '../../src/adapters/simulator/options.js';
import { PROTOBUF_FORMAT } from '../../src/adapters/simulator/record-format.js';
import { RecordStream } from '../../src/adapters/simulator/record-stream.js';
import { FlowService, reportOfFlow } from '../adapters/simulator/flow-service.js';
import { recountReports } from '../adapters/simulator/recount.js';
import { settle } from '../support/fake-clock.js';
import { testPki } from '../support/pki.js';

const directory = mkdtempSync(join(tmpdir(), 'weir-outlet-'));
let service: FlowService;

afterEach(() => {
  service.close();
  rmSync(directory, { recursive: true });
});

describe("the benchmark's gRPC exporter", () => {
  it("sends every record of a stream, each message in a frame, through the service's windows", async () => {
    const { authority, client } = await testPki();
    const server = await authority.issue({ name: 'weir', dnsNames: [DEFAULT_SIMULATION_OPTIONS.serverName] });
    writeFileSync(join(directory, 'ca.crt'), authority.certificate);
    writeFileSync(join(directory, 'client.crt'), client.certificate);
    writeFileSync(join(directory, 'client.key'), client.privateKey);
    service = await FlowService.listen({ authority, server });
    const stream = new RecordStream({ flows: 600, kind: 'interNode', ipv6Share: 0.3, format: PROTOBUF_FORMAT });
    const { port } = service.target;
    const outlet = await openOutlet(stream, 0, {
      ...{ transport: 'grpc', port, certificates: directory, flowsPerMessage: 3 },
    });
    const records = stream.recordsARound;
    const writes: Promise<void>[] = [];
    for (let left = records; left > 0;) {
      const buffer = Buffer.alloc(16 * 1024);
      const filled = outlet.fill(buffer, left);
      writes.push(outlet.write(buffer.subarray(0, filled.bytes)));
      left -= filled.records;
    }
    await Promise.all(writes);
    while (service.flows.length < records) await settle();

    const { flows } = service;
    expect(flows).toHaveLength(1200);
    expect(Math.max(...service.streams[0]!.map((request) => request.flows.length))).toBe(3);
    const counted = recountReports(flows.map((flow) => reportOfFlow(flow, 0)));
    expect(counted).toHaveLength(600);
    for (const { records: reports, observationDomain, totals, deltas } of counted) {
      expect([reports, observationDomain]).toEqual([2, 1]);
      expect(totals.octetTotalCount * 2).toBe(deltas.octetTotalCount);
    }
    service.close();
    const writeOn = async (): Promise<void> => {
      for (;;) await outlet.write(Buffer.alloc(0)).then(settle);
    };
    await expect(writeOn()).rejects.toThrow();
  });
});
