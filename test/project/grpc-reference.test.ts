import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { FLOW_PLAN } from '../../src/adapters/formats/protobuf/flow-plan.js';
import {
  EXPORT_METHOD_PATH,
  FLOW,
  IP,
  IPFIX,
  KUBERNETES,
  STATS,
  TCP,
  TIMESTAMP,
  TRANSPORT,
} from '../../src/adapters/formats/protobuf/flow-messages.js';
import { Status } from '../../src/adapters/grpc/collector/grpc-error.js';
import { LARGEST_MESSAGE } from '../../src/adapters/grpc/collector/message-framer.js';

const page = readFileSync('docs/reference/grpc.md', 'utf8');

/** Messages within a Flow, by the path of the field. */
const MESSAGES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  ...{ ipfix: IPFIX, 'ipfix.export_time': TIMESTAMP, start_ts: TIMESTAMP, end_ts: TIMESTAMP, ip: IP },
  ...{ transport: TRANSPORT, 'transport.TCP': TCP, k8s: KUBERNETES, stats: STATS, reverse_stats: STATS },
};

describe('docs/reference/grpc.md', () => {
  it('names the method', () => {
    expect(page).toContain(`\`${EXPORT_METHOD_PATH}\``);
  });

  it('names exactly the fields that are ignored', () => {
    const [list] = /\*\*Ignored:\*\*.+?\.\n\n/s.exec(page)!;
    const told = Array.from(list.matchAll(/`([^`]+)`/g), ([, path]) => path!);
    const all = [
      ...Object.keys(FLOW),
      ...Object.entries(MESSAGES).flatMap(([path, fields]) => Object.keys(fields).map((name) => `${path}.${name}`)),
    ];
    const read = new Set(FLOW_PLAN.names);
    expect(told.sort()).toEqual(all.filter((path) => !read.has(path)).sort());
  });

  it('has a row for each status, and the longest message', () => {
    const statuses = Object.keys(Status).map((name) => name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase());
    for (const status of statuses) expect(page).toMatch(new RegExp(`^\\| ${status} +\\|`, 'm'));
    expect(page).toContain(`| ${LARGEST_MESSAGE / 2 ** 20} MiB `);
  });
});
