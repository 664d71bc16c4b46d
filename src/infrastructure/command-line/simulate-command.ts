import { errorText } from '../../application/error-text.js';
import type { SimulationOptions } from '../../adapters/simulator/options.js';
import { Simulation } from '../../adapters/simulator/simulation.js';
import { SystemClock } from '../clock.js';
import { parseDuration } from '../configuration/values/duration.js';
import { serviceLogger } from '../logging/service-logger.js';
import { numberOption, textOption, UsageError, type Command, type OptionSpecs, type OptionValues } from './command.js';
import { ExitCode } from './exit-code.js';
import { withoutUndefined } from './given.js';
import { endRequest } from './lifetime.js';
import { endOnMistakes } from './mistakes.js';
import { MissingCertificates, TRANSPORT_OPTIONS, transportOptions } from './transport-options.js';

/** What kind of cluster is simulated: options that `weir demo` has, too. */
export const CLUSTER_OPTIONS: OptionSpecs = {
  nodes: { type: 'string', value: 'N', doc: 'Nodes, each with a connection of its own (default 50)' },
  pods: { type: 'string', value: 'N', doc: 'Pods on each Node (default 30)' },
  flows: { type: 'string', value: 'N', doc: 'flows alive at any time (default 10000)' },
  rate: {
    type: 'string',
    value: 'N',
    doc: 'records a second in all; 0 is as fast as they are taken (default: see --interval)',
  },
  interval: { type: 'string', value: 'DURATION', doc: 'without a rate, how often each flow reports (default 60s)' },
  denied: { type: 'string', value: 'SHARE', doc: 'share of flows that a policy drops or rejects (default 0.03)' },
  ipv6: { type: 'string', value: 'SHARE', doc: 'share of flows over IPv6 (default 0.2)' },
  churn: { type: 'string', value: 'SHARE', doc: 'share of Pods replaced in each round of reports (default 0.002)' },
  lifetime: { type: 'string', value: 'N', doc: 'mean number of reports in the life of a flow (default 20)' },
  seed: { type: 'string', value: 'N', doc: 'the same seed gives the same cluster and flows (default 1)' },
};

/** The options of {@link CLUSTER_OPTIONS} that were given. @throws UsageError naming an option whose value makes no sense */
export function clusterOptions(values: OptionValues): Partial<SimulationOptions> {
  return withoutUndefined({
    nodes: numberOption(values, 'nodes'),
    podsPerNode: numberOption(values, 'pods'),
    flows: numberOption(values, 'flows'),
    rate: numberOption(values, 'rate'),
    reportIntervalMs: durationOption(values, 'interval'),
    deniedShare: numberOption(values, 'denied'),
    ipv6Share: numberOption(values, 'ipv6'),
    podReplacement: numberOption(values, 'churn'),
    flowLifetimeReports: numberOption(values, 'lifetime'),
    seed: numberOption(values, 'seed'),
  });
}

/** Milliseconds of an option, undefined if it was not given. @throws UsageError if it is no duration */
export function durationOption(values: OptionValues, name: string): number | undefined {
  const text = textOption(values, name);
  if (text === undefined) return undefined;
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined || milliseconds < 0) {
    throw new UsageError(`--${name}: "${text}" is no duration; accepted are such as 30s, 1m30s or 500ms`);
  }
  return milliseconds;
}

/** `weir simulate` */
export const simulate: Command = {
  name: 'simulate',
  usage: '[OPTIONS]',
  summary: "play a cluster's worth of agents that report flows to a collector",
  options: {
    ...TRANSPORT_OPTIONS,
    duration: { type: 'string', value: 'DURATION', doc: 'end after this long (default: when stopped)' },
    ...CLUSTER_OPTIONS,
    reports: { type: 'string', value: 'N', doc: 'let each flow report so often, then end with the last one' },
    ledger: { type: 'string', value: 'FILE', doc: 'write what was sent, per flow and side' },
  },
  async run(values, positionals, { stderr }) {
    if (positionals.length > 0) throw new UsageError(`weir simulate takes options only, not "${positionals[0]!}"`);
    let options: Partial<SimulationOptions>;
    try {
      options = simulationOptionsOf(values);
    } catch (error) {
      if (!(error instanceof MissingCertificates)) throw error;
      stderr.write(`weir simulate: ${error.message}\n`);
      return ExitCode.Failed;
    }
    const clock = new SystemClock({ holdProcess: true });
    const logger = serviceLogger({ level: 'info', toStream: true, files: undefined }, stderr, clock);
    const simulation = newSimulation(options, { clock, logger });
    endOnMistakes(logger);
    const request = endRequest();
    simulation.start();
    void request.reason.then(() => simulation.stop());
    try {
      const statistics = await simulation.finished;
      logger.info('the simulation is over', { ...statistics });
      return ExitCode.Ok;
    } catch (error) {
      logger.error('the simulation failed', { error: errorText(error) });
      return ExitCode.Failed;
    } finally {
      await logger.close();
    }
  },
};

function newSimulation(...args: ConstructorParameters<typeof Simulation>): Simulation {
  try {
    return new Simulation(...args);
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}

function simulationOptionsOf(values: OptionValues): Partial<SimulationOptions> {
  return {
    ...clusterOptions(values),
    ...transportOptions(values),
    ...withoutUndefined({
      durationMs: durationOption(values, 'duration'),
      reportsPerFlow: numberOption(values, 'reports'),
      ledger: textOption(values, 'ledger'),
    }),
  };
}
