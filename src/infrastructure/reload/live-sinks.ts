import type { ExportFlows } from '../../application/export-flows.js';
import type { FlowSink } from '../../application/ports/flow-sink.js';
import type { SinkSection } from '../container/sinks.js';
import type { WeirConfiguration } from '../configuration/weir-configuration.js';

/** How long a sink that gives way to another may go on with what it is just delivering. */
const REPLACE_MS = 5_000;

/** How long a sink that is switched off has for what waits for it. */
const REMOVE_MS = 10_000;

/** What sinks are changed with. */
export interface LiveSinksParts {
  readonly exportFlows: Pick<ExportFlows, 'add' | 'replace' | 'remove'>;
  /** The sinks that the service began with. */
  readonly sinks: ReadonlyMap<SinkSection, FlowSink<unknown>>;
  /** The sink of a section, if that enables it. */
  readonly make: (section: SinkSection, configuration: WeirConfiguration) => FlowSink<unknown> | undefined;
}

/** The sinks of a running service, each of which can be replaced by itself. */
export class LiveSinks {
  readonly #parts: LiveSinksParts;
  /** Names of the present sinks. */
  readonly #names: Map<SinkSection, string>;

  constructor(parts: LiveSinksParts) {
    this.#parts = parts;
    this.#names = new Map([...parts.sinks].map(([section, { name }]) => [section, name]));
  }

  /**
   * Makes these sections what a configuration says: flows go to the new sinks from now on. Resolves when the old ones are closed. One call
   * at a time.
   *
   * @throws Error if a sink can't be made; nothing has changed then
   */
  apply(configuration: WeirConfiguration, sections: readonly SinkSection[]): Promise<void> {
    const made: (readonly [SinkSection, FlowSink<unknown> | undefined])[] = [];
    try {
      for (const section of sections) made.push([section, this.#parts.make(section, configuration)]);
    } catch (error) {
      for (const [, sink] of made) void sink?.close();
      throw error;
    }
    return Promise.all(made.map(([section, sink]) => this.#put(section, sink))).then(() => undefined);
  }

  async #put(section: SinkSection, sink: FlowSink<unknown> | undefined): Promise<void> {
    const { exportFlows } = this.#parts;
    const old = this.#names.get(section);
    if (sink) this.#names.set(section, sink.name);
    else this.#names.delete(section);
    if (old !== undefined && sink) await exportFlows.replace(old, sink, REPLACE_MS);
    else if (old !== undefined) await exportFlows.remove(old, REMOVE_MS);
    else if (sink) exportFlows.add(sink);
  }
}
