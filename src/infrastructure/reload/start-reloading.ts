import type { Container } from 'inversify';
import type { Clock } from '../../application/ports/clock.js';
import type { Logger } from '../../application/ports/logger.js';
import type { RecordContents } from '../../application/record-contents.js';
import { APPLICATION } from '../../application/symbols.js';
import { loadConfiguration } from '../configuration/load-configuration.js';
import type { WeirConfiguration } from '../configuration/weir-configuration.js';
import { recordContentsOf } from '../container/record-contents.js';
import { SINK_SECTIONS, type SinkSection } from '../container/sinks.js';
import { INFRASTRUCTURE } from '../symbols.js';
import type { Change } from './configuration-changes.js';
import { ConfigurationWatcher } from './configuration-watcher.js';
import { LiveSinks, type LiveSinksParts } from './live-sinks.js';
import { Reload } from './reload.js';
import type { WatchDirectory } from './watch-directory.js';

/** What goes on while a service runs. */
export interface Reloading {
  /** Takes over no change any more. */
  stop(): void;
  /** Resolves when all that was seen so far is in effect. */
  idle(): Promise<void>;
}

/** Takes over changes of the file that a running service was started with, from now on. @param watch how directories are watched */
export function startReloading(file: string, container: Container, watch?: WatchDirectory): Reloading {
  const logger = container.get<Logger>(APPLICATION.Logger);
  const contents = container.get<RecordContents>(APPLICATION.RecordContents);
  const sinks = new LiveSinks({
    exportFlows: container.get<LiveSinksParts['exportFlows']>(APPLICATION.ExportFlows),
    sinks: container.get<LiveSinksParts['sinks']>(INFRASTRUCTURE.SectionSinks),
    make: container.get<LiveSinksParts['make']>(INFRASTRUCTURE.SinkOfSection),
  });
  const reload = new Reload({
    file,
    running: container.get<WeirConfiguration>(INFRASTRUCTURE.Configuration),
    load: () => loadConfiguration(file),
    apply: (configuration, changes) => {
      const replaced = sinks.apply(configuration, sectionsOf(changes));
      Object.assign(contents, recordContentsOf(configuration));
      return replaced;
    },
    logger,
  });
  const clock = container.get<Clock>(APPLICATION.Clock);
  const watcher = new ConfigurationWatcher(file, () => reload.changed(), { clock, logger, ...(watch && { watch }) });
  watcher.start();
  return {
    stop: () => {
      watcher.stop();
      reload.stop();
    },
    idle: () => reload.idle(),
  };
}

/** The sections with a sink of their own that changes are in. */
function sectionsOf(changes: readonly Change[]): SinkSection[] {
  const changed = new Set(changes.map(({ path }) => path.split('.')[0]!));
  return (Object.keys(SINK_SECTIONS) as SinkSection[]).filter((section) => changed.has(section));
}
