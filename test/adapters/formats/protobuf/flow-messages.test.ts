import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import * as messages from '../../../../src/adapters/formats/protobuf/flow-messages.js';
import { EXPORT_SERVICE } from '../../../support/flow-proto.js';

const FOLDER = new URL('../../../../../proto/antrea_io/antrea/pkg/apis/flow/v1alpha1/', import.meta.url);
const proto = ['flow.proto', 'service.proto'].map((name) => readFileSync(fileURLToPath(new URL(name, FOLDER)), 'utf8'));

/** Field numbers of a message as its .proto has them. */
function fieldsIn(message: string): Record<string, number> {
  const [, body = ''] = new RegExp(`^message ${message} \\{\\n([^]*?)^\\}`, 'm').exec(proto.join('\n')) ?? [];
  return Object.fromEntries(
    [...body.matchAll(/(\w+) = (\d+)(?= \[|;)/g)].map(([, name, number]) => [name!, Number(number)]),
  );
}

describe('the numbers of messages', () => {
  it.each([
    ['ExportRequest', messages.EXPORT_REQUEST],
    ['Flow', messages.FLOW],
    ['IPFIX', messages.IPFIX],
    ['IP', messages.IP],
    ['Transport', messages.TRANSPORT],
    ['TCP', messages.TCP],
    ['Stats', messages.STATS],
    ['Kubernetes', messages.KUBERNETES],
    ['Labels', messages.LABELS],
  ])('are those of the .proto: %s', (message, numbers) => {
    expect(numbers).toEqual(fieldsIn(message));
  });

  it('go with the path of the service', () => {
    expect(EXPORT_SERVICE['Export']?.path).toBe(messages.EXPORT_METHOD_PATH);
    expect(EXPORT_SERVICE['Export']).toMatchObject({ requestStream: true, responseStream: false });
  });
});
