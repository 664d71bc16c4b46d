import { describe, expect, it } from '@jest/globals';
import { readConfiguration } from '../../../src/infrastructure/configuration/read-configuration.js';
import type { WeirConfiguration } from '../../../src/infrastructure/configuration/weir-configuration.js';
import type { Change } from '../../../src/infrastructure/reload/configuration-changes.js';
import { Reload } from '../../../src/infrastructure/reload/reload.js';
import { settle } from '../../support/fake-clock.js';
import { RecordingLogger } from '../../support/recording-logger.js';

const START = 'clusterID: blue\nflowLogger: {path: /a}';

/** A reload of a file that is a text, and of a service that only notes what it is told. */
function setUp(first = START) {
  const logger = new RecordingLogger();
  const applied: { configuration: WeirConfiguration; changes: readonly Change[] }[] = [];
  const file = { text: first, error: undefined as Error | undefined };
  const application = { finish: (): void => undefined, error: undefined as Error | undefined, isSlow: false };
  const reload = new Reload({
    file: 'weir.yaml',
    running: readConfiguration(START).configuration,
    load: () => {
      if (file.error) throw file.error;
      return readConfiguration(file.text);
    },
    apply: (configuration, changes) => {
      if (application.error) throw application.error;
      applied.push({ configuration, changes });
      return application.isSlow ? new Promise((resolve) => (application.finish = resolve)) : Promise.resolve();
    },
    logger,
  });
  const change = async (text: string): Promise<string[]> => {
    const from = logger.lines.length;
    file.text = text;
    reload.changed();
    await settle();
    return logger.lines
      .slice(from)
      .map(({ level, message, fields }) => `${level}: ${message} ${JSON.stringify(fields)}`);
  };
  return { reload, logger, applied, file, application, change };
}

const paths = (changes: readonly Change[]): string[] => changes.map(({ path }) => path);

describe('Reload', () => {
  it('says nothing at the first look if the file is what is running', async () => {
    const { change, applied } = setUp();
    expect(await change(START)).toEqual([]);
    expect(applied).toEqual([]);
  });

  it('takes over at the first look what changed since the file was read', async () => {
    const { change, applied } = setUp();
    expect(await change('clusterID: blue\nflowLogger: {path: /b}')).toEqual([
      'info: a change of the configuration takes effect {"key":"flowLogger.path","from":"/a","to":"/b"}',
    ]);
    expect(applied).toHaveLength(1);
  });

  it('reports every problem of a bad file, and keeps what is running', async () => {
    const { change, applied, reload } = setUp();
    const lines = await change('recordBufferSize: many\nflowLogger: {maxSize: -1, enable: true}\nnoSuchKey: 1');
    expect(lines.map((line) => line.replace(/;.*/, ''))).toEqual([
      'error: weir.yaml:1:1: recordBufferSize: "many" is not valid',
      'error: weir.yaml:2:14: flowLogger.maxSize: -1 is too little',
      'warn: weir.yaml:3:1: noSuchKey: unknown key, ignored',
      'error: the new configuration is refused',
    ]);
    expect(applied).toEqual([]);
    expect(reload.running.flowLogger.path).toBe('/a');
  });

  it('keeps what is running when the file can not be read', async () => {
    const { change, file, applied } = setUp();
    file.error = new Error('weir.yaml: is not UTF-8 text');
    expect(await change('')).toEqual([
      'error: the new configuration is refused; what is running goes on {"error":"weir.yaml: is not UTF-8 text"}',
    ]);
    expect(applied).toEqual([]);
  });

  it('names each key that needs a restart, and takes over the rest', async () => {
    const { change, applied, reload } = setUp();
    expect(await change('clusterID: red\nlimits: {maxFlows: 5}\nflowLogger: {path: /b}')).toEqual([
      'warn: a change of the configuration needs a restart {"key":"clusterID","running":"blue","file":"red"}',
      'warn: a change of the configuration needs a restart {"key":"limits.maxFlows","running":"2000000","file":"5"}',
      'info: a change of the configuration takes effect {"key":"flowLogger.path","from":"/a","to":"/b"}',
    ]);
    expect(applied.map(({ configuration }) => [configuration.clusterID, configuration.flowLogger.path])).toEqual([
      ['blue', '/b'],
    ]);
    expect(reload.running).toBe(applied[0]!.configuration);
  });

  it('goes on naming them, against what is running', async () => {
    const { change } = setUp();
    await change('clusterID: red\nflowLogger: {path: /a}');
    expect(await change('clusterID: green\nflowLogger: {path: /a}')).toEqual([
      'warn: a change of the configuration needs a restart {"key":"clusterID","running":"blue","file":"green"}',
    ]);
    expect(await change('clusterID: green\nflowLogger: {path: /b}')).toHaveLength(2);
  });

  it('says when a file goes back to what is running', async () => {
    const { change } = setUp();
    await change('clusterID: red\nflowLogger: {path: /a}');
    expect(await change(START)).toEqual(['info: the configuration says what is running {"file":"weir.yaml"}']);
  });

  it('does one thing after another, and leaves out what is no longer in the file', async () => {
    const { change, applied, application, reload } = setUp();
    application.isSlow = true;
    await change('clusterID: blue\nflowLogger: {path: /b}');
    await change('clusterID: blue\nflowLogger: {path: /c}');
    await change('clusterID: blue\nflowLogger: {path: /d}');
    expect(applied).toHaveLength(1);
    application.isSlow = false;
    application.finish();
    await reload.idle();
    expect(applied.map(({ configuration }) => configuration.flowLogger.path)).toEqual(['/b', '/d']);
    expect(applied[1]!.changes).toMatchObject([{ before: '/b', after: '/d' }]);
  });

  it('keeps what is running when it can not take over', async () => {
    const { change, application, reload } = setUp();
    application.error = new Error('no');
    expect(await change('clusterID: blue\nflowLogger: {path: /b}')).toEqual([
      'error: a change of the configuration can not take effect {"error":"no"}',
    ]);
    expect(reload.running.flowLogger.path).toBe('/a');
    application.error = undefined;
    await change('clusterID: blue\nflowLogger: {path: /c}');
    expect(reload.running.flowLogger.path).toBe('/c');
  });

  it('takes over nothing once it is stopped', async () => {
    const { change, applied, reload } = setUp();
    reload.stop();
    expect(await change('flowLogger: {path: /b}')).toEqual([]);
    expect(applied).toEqual([]);
  });

  it('passes on what takes effect alone', async () => {
    const { change, applied } = setUp();
    await change('clusterID: red\nflowLogger: {path: /b}\nrecordContents: {podLabels: true}');
    expect(paths(applied[0]!.changes)).toEqual(['recordContents.podLabels', 'flowLogger.path']);
  });
});
