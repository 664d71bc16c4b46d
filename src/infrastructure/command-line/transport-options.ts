import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { errorText } from '../../application/error-text.js';
import { DEFAULT_DIRECTORIES } from '../../adapters/identity/data-directory.js';
import { readClientCertificates, type ClientCertificates } from '../../adapters/simulator/client-certificates.js';
import {
  DEFAULT_SIMULATION_OPTIONS,
  TRANSPORTS,
  type SimulationOptions,
  type Transport,
} from '../../adapters/simulator/options.js';
import { parseCollectorAddress } from '../configuration/values/network-address.js';
import { numberOption, textOption, UsageError, type OptionSpecs, type OptionValues } from './command.js';
import { withoutUndefined } from './given.js';

/** Port of a service's gRPC collector, unless its configuration says otherwise. */
const GRPC_PORT = 14_739;

/** Where in its dataDirectory a service keeps what its exporters need. */
const CERTIFICATES = 'certificates';

/** How and where a simulated cluster sends its records. */
export const TRANSPORT_OPTIONS: OptionSpecs = {
  target: {
    type: 'string',
    value: 'HOST:PORT',
    doc: `the collector (default 127.0.0.1:4739, over grpc :${GRPC_PORT})`,
  },
  transport: { type: 'string', value: TRANSPORTS.join('|'), doc: 'how records are sent (default tcp)' },
  certificates: {
    type: 'string',
    value: 'DIR',
    doc: "over tls and grpc: where ca.crt, client.crt, client.key are (default: the service's)",
  },
  'server-name': {
    type: 'string',
    value: 'NAME',
    doc: `the name in the collector's certificate (default ${DEFAULT_SIMULATION_OPTIONS.serverName})`,
  },
  'flows-per-message': { type: 'string', value: 'N', doc: 'over grpc: flows in a message, at most (default 1)' },
};

/** There are no certificates where they should be. */
export class MissingCertificates extends Error {
  override readonly name = 'MissingCertificates';
}

/**
 * The options of {@link TRANSPORT_OPTIONS} that were given, and what follows from them.
 *
 * @throws UsageError naming an option whose value makes no sense
 * @throws MissingCertificates naming the file that can't be read
 */
export function transportOptions(values: OptionValues): Partial<SimulationOptions> {
  const transport = transportOption(values);
  return withoutUndefined({
    target: targetOption(values, transport),
    transport,
    certificates: certificatesOption(values, transport),
    serverName: textOption(values, 'server-name'),
    flowsPerMessage: numberOption(values, 'flows-per-message'),
  });
}

function transportOption(values: OptionValues): Transport | undefined {
  const text = textOption(values, 'transport');
  if (text === undefined) return undefined;
  const transport = TRANSPORTS.find((name) => name === text);
  if (transport === undefined) throw new UsageError(`--transport: "${text}" is none of ${TRANSPORTS.join(', ')}`);
  return transport;
}

function targetOption(values: OptionValues, transport: Transport | undefined): SimulationOptions['target'] | undefined {
  const text = textOption(values, 'target');
  const defaultPort = transport === 'grpc' ? GRPC_PORT : undefined;
  if (text === undefined) return defaultPort && { ...DEFAULT_SIMULATION_OPTIONS.target, port: defaultPort };
  const address = parseCollectorAddress(text, defaultPort);
  if (address === undefined) throw new UsageError(`--target: "${text}" is no host:port`);
  return { host: address.host, port: address.port };
}

function certificatesOption(values: OptionValues, transport: Transport | undefined): ClientCertificates | undefined {
  const given = textOption(values, 'certificates');
  if (transport !== 'tls' && transport !== 'grpc') {
    if (given === undefined) return undefined;
    throw new UsageError('--certificates: only tls and grpc have any');
  }
  try {
    return readClientCertificates(given ?? servicesCertificates());
  } catch (error) {
    throw new MissingCertificates(errorText(error), { cause: error });
  }
}

/** Where a service without a dataDirectory of its own keeps them: the first of these that is there. */
function servicesCertificates(): string {
  const directories = DEFAULT_DIRECTORIES.map((directory) => join(directory, CERTIFICATES));
  return directories.find((directory) => existsSync(directory)) ?? directories[0]!;
}
