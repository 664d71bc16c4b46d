import { errorText } from '../../application/error-text.js';
import { SystemClock } from '../clock.js';
import { loadConfiguration } from '../configuration/load-configuration.js';
import { formatProblem } from '../configuration/problem.js';
import type { WeirConfiguration } from '../configuration/weir-configuration.js';
import { createContainer } from '../container/container.js';
import { ownClusterUuid } from '../container/kubernetes.js';
import { serviceLogger } from '../logging/service-logger.js';
import type { WinstonLogger } from '../logging/winston-logger.js';
import { startReloading } from '../reload/start-reloading.js';
import { Service } from '../service.js';
import { VERSION } from '../version.js';
import { textOption, UsageError, type Command, type Streams } from './command.js';
import { reportOf } from './config-commands.js';
import { ExitCode } from './exit-code.js';
import { KLOG_OPTIONS, logSettings, type LogSettings } from './klog-flags.js';
import { endRequest } from './lifetime.js';
import { endOnMistakes } from './mistakes.js';

/** Draining ends within 10 s by itself; a service that is still there after this is stuck. */
const STUCK_MS = 15_000;

/** `weir --config FILE`, `weir serve --config FILE` */
export const serve: Command = {
  name: 'serve',
  usage: '--config FILE [OPTIONS]',
  summary: 'run the service; so does weir --config FILE',
  details:
    'SIGTERM ends it once every flow is delivered, within 10 s; a second one at once.\n' +
    'Exit codes: 0 all delivered, 1 configuration refused, 2 command line, 3 could not start, 4 not all delivered.',
  options: { config: { type: 'string', value: 'FILE', doc: 'the configuration' }, ...KLOG_OPTIONS },
  async run(values, positionals, streams) {
    if (positionals.length > 0) throw new UsageError(`weir serve takes options only, not "${positionals[0]!}"`);
    const file = textOption(values, 'config');
    if (file === undefined) throw new UsageError('the configuration is missing: weir --config FILE');
    const settings = logSettings(values);
    const result = loadConfiguration(file);
    if (!result.usable) {
      streams.stderr.write(reportOf(file, result));
      return ExitCode.Configuration;
    }
    const logger = startLog(settings, streams);
    for (const problem of result.problems) logger.warn(formatProblem(file, problem));
    try {
      return await serveUntilEnd(file, result.configuration, logger);
    } finally {
      await logger.close();
    }
  },
};

function startLog({ level, toStderr, files, ignored }: LogSettings, { stderr }: Streams): WinstonLogger {
  const logger = serviceLogger({ level, toStream: toStderr, files }, stderr, new SystemClock());
  logger.info('weir starts', { version: VERSION, node: process.version, pid: process.pid });
  if (ignored.length > 0) logger.info('flags without effect', { flags: ignored.map((name) => `--${name}`).join(' ') });
  return logger;
}

/** Runs a service until it is asked to end, taking over changes of its file meanwhile; resolves with the exit code. */
async function serveUntilEnd(file: string, configuration: WeirConfiguration, logger: WinstonLogger): Promise<number> {
  endOnMistakes(logger);
  const request = endRequest();
  const identity = ownClusterUuid(configuration, { clock: new SystemClock(), logger, random: Math.random });
  const clusterUuid = await Promise.race([identity, request.reason.then(() => undefined)]);
  const container = createContainer(configuration, logger, clusterUuid);
  const service = new Service(container);
  try {
    const started = service.start().then(() => true);
    // Asked to end while it waits for the cluster's objects, it waits no longer.
    const isReady = await Promise.race([started, request.reason.then(() => false)]);
    if (isReady) logger.info('ready');
  } catch (error) {
    logger.error('weir can not start', { error: errorText(error) });
    return ExitCode.Failed;
  }
  const reloading = startReloading(file, container);
  const reason = await request.reason;
  reloading.stop();
  return drain(service, reason, logger);
}

async function drain(service: Service, reason: string, logger: WinstonLogger): Promise<number> {
  logger.info('ending: what was received is being exported', { reason });
  const stuck = setTimeout(() => {
    logger.error('the end takes too long and is cut short');
    process.exit(ExitCode.Undelivered);
  }, STUCK_MS);
  const { undelivered } = await service.drain();
  clearTimeout(stuck);
  if (undelivered === 0) {
    logger.info('ended: nothing was left behind');
    return ExitCode.Ok;
  }
  logger.error('ended: sinks did not take everything in time', { undelivered });
  return ExitCode.Undelivered;
}
