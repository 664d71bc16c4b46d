import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  closeSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SystemClock } from '../../../src/infrastructure/clock.js';
import { ConfigurationWatcher } from '../../../src/infrastructure/reload/configuration-watcher.js';
import type { DirectoryListener, WatchDirectory } from '../../../src/infrastructure/reload/watch-directory.js';
import { concerns, placesOf } from '../../../src/infrastructure/reload/watched-places.js';
import { FakeClock } from '../../support/fake-clock.js';
import { RecordingLogger } from '../../support/recording-logger.js';

let root: string;
const ends: (() => void)[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'weir-reload-'));
});
afterEach(() => {
  for (const end of ends.splice(0)) end();
  rmSync(root, { recursive: true, force: true });
});

/** Counts what a watcher tells; a test waits for the next. */
class Heard {
  count = 0;
  #wake: () => void = () => undefined;
  readonly tell = (): void => {
    this.count++;
    this.#wake();
  };

  async until(count: number): Promise<void> {
    while (this.count < count) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}

/** A watcher on the real file system in real time. */
function watching(file: string): { heard: Heard; logger: RecordingLogger } {
  const [heard, logger] = [new Heard(), new RecordingLogger()];
  const watcher = new ConfigurationWatcher(file, heard.tell, { clock: new SystemClock({ holdProcess: true }), logger });
  watcher.start();
  ends.push(() => watcher.stop());
  return { heard, logger };
}

/** A mounted ConfigMap, as the kubelet writes it. */
class ConfigMap {
  readonly file: string;
  readonly #mount: string;
  #version = 0;

  constructor(mount: string, text: string) {
    this.#mount = mount;
    this.file = join(mount, 'weir.yaml');
    mkdirSync(mount);
    this.write(text);
    symlinkSync('..data/weir.yaml', this.file);
  }

  write(text: string): void {
    const old = `..v${this.#version++}`;
    const name = `..v${this.#version}`;
    mkdirSync(join(this.#mount, name));
    writeFileSync(join(this.#mount, name, 'weir.yaml'), text);
    symlinkSync(name, join(this.#mount, '..data_tmp'));
    renameSync(join(this.#mount, '..data_tmp'), join(this.#mount, '..data'));
    rmSync(join(this.#mount, old), { recursive: true, force: true });
  }
}

describe('ConfigurationWatcher', () => {
  it('tells the first contents, and each time a mounted ConfigMap changes', async () => {
    const map = new ConfigMap(join(root, 'mount'), 'a');
    const { heard } = watching(map.file);
    expect(heard.count).toBe(1);
    for (let change = 0; change < 3; change++) {
      map.write(`b${change}`);
      await heard.until(change + 2);
    }
    expect(heard.count).toBe(4);
  });

  it('tells when the file is written in place', async () => {
    const file = join(root, 'weir.yaml');
    writeFileSync(file, 'a');
    const { heard } = watching(file);
    writeFileSync(file, 'b');
    await heard.until(2);
    appendFileSync(file, 'c');
    await heard.until(3);
  });

  it('tells when another file is renamed to its name, with or without a backup', async () => {
    const file = join(root, 'weir.yaml');
    writeFileSync(file, 'a');
    const { heard } = watching(file);
    writeFileSync(`${file}.tmp`, 'b');
    renameSync(`${file}.tmp`, file);
    await heard.until(2);
    renameSync(file, `${file}~`);
    writeFileSync(file, 'c');
    await heard.until(3);
  });

  it('follows a link to another directory, and the link when it is set to another', async () => {
    for (const [name, text] of [
      ['one', 'a'],
      ['two', 'b'],
    ] as const) {
      mkdirSync(join(root, name));
      writeFileSync(join(root, name, 'real.yaml'), text);
    }
    const file = join(root, 'weir.yaml');
    symlinkSync(join(root, 'one/../one/real.yaml'), file);
    const { heard } = watching(file);
    writeFileSync(join(root, 'one/real.yaml'), 'a2');
    await heard.until(2);
    unlinkSync(file);
    symlinkSync('two/real.yaml', file);
    await heard.until(3);
    writeFileSync(join(root, 'two/real.yaml'), 'b2');
    await heard.until(4);
  });

  it('goes on when the directory is removed and made again', async () => {
    const directory = join(root, 'a/b');
    const file = join(directory, 'weir.yaml');
    mkdirSync(directory, { recursive: true });
    writeFileSync(file, 'a');
    const { heard } = watching(file);
    rmSync(join(root, 'a'), { recursive: true });
    mkdirSync(directory, { recursive: true });
    writeFileSync(file, 'b');
    await heard.until(2);
    writeFileSync(file, 'c');
    await heard.until(3);
  });

  it('says once that the file is missing, and that it is back', async () => {
    const file = join(root, 'weir.yaml');
    writeFileSync(file, 'a');
    const logger = new RecordingLogger();
    let said = (): void => undefined;
    for (const level of ['warn', 'info'] as const) {
      const log = logger[level].bind(logger);
      logger[level] = (...line) => {
        log(...line);
        said();
      };
    }
    const line = (): Promise<void> => new Promise((resolve) => (said = resolve));
    const clock = new SystemClock({ holdProcess: true });
    const watcher = new ConfigurationWatcher(file, () => undefined, { clock, logger });
    watcher.start();
    ends.push(() => watcher.stop());
    unlinkSync(file);
    await line();
    const back = line();
    writeFileSync(file, 'a');
    await back;
    expect(logger.lines.map(({ level, message }) => [level, message])).toEqual([
      ['warn', "the configuration file can't be read; what is running goes on"],
      ['info', 'the configuration file is there again, unchanged'],
    ]);
  });
});

/** A watcher whose time and events a test makes. */
function faked(file: string, failure?: Error) {
  const clock = new FakeClock();
  const logger = new RecordingLogger();
  const listeners = new Map<string, DirectoryListener>();
  const watch: WatchDirectory = (directory, listener) => {
    if (failure) throw failure;
    listeners.set(directory, listener);
    return () => listeners.delete(directory);
  };
  let count = 0;
  const watcher = new ConfigurationWatcher(file, () => count++, { clock, logger, watch });
  watcher.start();
  return { clock, logger, listeners, watcher, told: () => count };
}

describe('ConfigurationWatcher: when it reads', () => {
  let file: string;
  beforeEach(() => {
    file = join(root, 'weir.yaml');
    writeFileSync(file, 'a');
  });

  it('waits until the file is left alone', async () => {
    const { clock, listeners, told } = faked(file);
    const descriptor = openSync(file, 'w');
    for (const part of ['b', 'c', 'd']) {
      writeSync(descriptor, part);
      listeners.get(root)!.changed('weir.yaml');
      await clock.advance(249);
      expect(told()).toBe(1);
    }
    closeSync(descriptor);
    await clock.advance(1);
    expect(told()).toBe(2);
  });

  it('reads what is never left alone all the same', async () => {
    const { clock, listeners, told } = faked(file);
    writeFileSync(file, 'b');
    for (let i = 0; i < 21; i++) {
      listeners.get(root)!.changed(null);
      await clock.advance(100);
    }
    expect(told()).toBe(2);
  });

  it('tells nothing when the contents are the same, and does not look for other files', async () => {
    const { clock, listeners, told } = faked(file);
    writeFileSync(file, 'a');
    listeners.get(root)!.changed('weir.yaml');
    await clock.advance(1_000);
    expect(told()).toBe(1);
    writeFileSync(file, 'b');
    listeners.get(root)!.changed('flows.log');
    expect(clock.timers).toBe(0);
  });

  it('takes an empty file for one that is being written, and says so if it stays empty', async () => {
    const { clock, logger, listeners, told } = faked(file);
    writeFileSync(file, '');
    listeners.get(root)!.changed('weir.yaml');
    await clock.advance(2_249);
    expect(logger.lines).toEqual([]);
    await clock.advance(1);
    expect(logger.of('warn').map(({ fields }) => fields['error'])).toEqual(['it is empty']);
    listeners.get(root)!.changed('weir.yaml');
    await clock.advance(10_000);
    expect([told(), logger.lines.length, clock.timers]).toEqual([1, 1, 0]);
    writeFileSync(file, 'b');
    listeners.get(root)!.changed('weir.yaml');
    await clock.advance(250);
    expect(told()).toBe(2);
  });

  it('says nothing of a file that is missing for a moment', async () => {
    const { clock, logger, listeners, told } = faked(file);
    unlinkSync(file);
    listeners.get(root)!.changed('weir.yaml');
    await clock.advance(1_000);
    writeFileSync(file, 'a');
    listeners.get(root)!.changed('weir.yaml');
    await clock.advance(10_000);
    expect([told(), logger.lines, clock.timers]).toEqual([1, [], 0]);
  });

  it('looks from time to time where nothing can be watched, which it says once', async () => {
    const { clock, logger, told, watcher } = faked(file, new Error('ENOSPC: no more watches'));
    await clock.advance(10_000);
    expect(told()).toBe(1);
    writeFileSync(file, 'bb');
    await clock.advance(2_250);
    expect(told()).toBe(2);
    expect(logger.of('warn').map(({ fields }) => fields)).toEqual([
      { directory: root, error: 'ENOSPC: no more watches' },
    ]);
    watcher.stop();
    expect(clock.timers).toBe(0);
  });

  it('looks from time to time when watching fails later', async () => {
    const { clock, logger, listeners, told } = faked(file);
    for (const listener of [...listeners.values()]) listener.failed(new Error('gone'));
    writeFileSync(file, 'bb');
    await clock.advance(2_250);
    expect([told(), listeners.size, logger.of('warn').length]).toEqual([2, 0, 1]);
  });

  it('tells nothing once it is stopped', async () => {
    const { clock, listeners, told, watcher } = faked(file);
    const listener = listeners.get(root)!;
    writeFileSync(file, 'b');
    listener.changed(null);
    watcher.stop();
    listener.changed(null);
    listener.failed(new Error('late'));
    await clock.advance(10_000);
    expect([told(), listeners.size, clock.timers]).toEqual([1, 0, 0]);
  });

  it('does not watch what is no file', () => {
    const { logger, listeners, told } = faked('/dev/null');
    expect([told(), listeners.size, logger.of('info').length]).toEqual([0, 0, 1]);
  });
});

describe('placesOf', () => {
  it('has the directory of the file and of each link on the way', () => {
    const map = new ConfigMap(join(root, 'mount'), 'a');
    symlinkSync('mount/weir.yaml', join(root, 'link'));
    const places = placesOf(join(root, 'link'));
    expect([...places.get(root)!]).toEqual(['link']);
    expect([...places.get(join(root, 'mount'))!]).toEqual(['weir.yaml', '..data']);
    expect([...places.get(join(root, 'mount/..v1'))!]).toEqual(['weir.yaml']);
    expect(concerns(places, root, 'other')).toBe(false);
    expect(concerns(places, join(root, 'mount'), 'mount')).toBe(true);
    expect(placesOf(map.file).size).toBe(2);
  });

  it('has the directory that something is missing from', () => {
    expect([...placesOf(join(root, 'a/b/c.yaml'))]).toEqual([[root, new Set(['a'])]]);
  });

  it('ends where links go round in circles', () => {
    symlinkSync('b', join(root, 'a'));
    symlinkSync('a', join(root, 'b'));
    expect([...placesOf(join(root, 'a/c')).get(root)!].sort()).toEqual(['a', 'b']);
  });
});
