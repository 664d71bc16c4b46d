import { appendFileSync, renameSync, truncateSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SYSTEM_FILES, type FileSystem, type OpenFile } from '../../../src/adapters/flow-log/file-system.js';
import { flows, LoggedFlows, manyNames, namesIn } from './support.js';

/** What goes wrong with one call: it fails with a code, after a part of the bytes if it is an append, or only does a part. */
type Fault = { readonly code: string; readonly part: number } | { readonly part: number } | undefined;

/** The machine's files, but each call meets the next fault of a list; when that is over all goes well. */
class FaultyFiles {
  readonly #faults: Fault[];
  readonly files: FileSystem;
  /** What the next append meets, before the list. */
  nextAppend: Fault;

  constructor(faults: readonly Fault[] = []) {
    this.#faults = [...faults];
    this.files = {
      ...SYSTEM_FILES,
      open: (path, mode) => this.#try(async () => this.#wrap(await SYSTEM_FILES.open(path, mode))),
      state: (path) => this.#try(() => SYSTEM_FILES.state(path)),
      list: (path) => this.#try(() => SYSTEM_FILES.list(path)),
      rename: (from, to) => this.#try(() => SYSTEM_FILES.rename(from, to)),
    };
  }

  /** Has a later call meet a fault. */
  add(fault: Fault): void {
    this.#faults.push(fault);
  }

  #wrap(file: OpenFile): OpenFile {
    return {
      state: () => this.#try(() => file.state()),
      truncate: (size) => this.#try(() => file.truncate(size)),
      close: () => file.close(),
      append: async (bytes) => {
        const fault = this.nextAppend ?? this.#faults.shift();
        this.nextAppend = undefined;
        if (fault === undefined) return file.append(bytes);
        const part = Math.floor(fault.part * bytes.length);
        // As the kernel does it: what could be written is a short write, and the next one fails.
        if ('code' in fault && part > 0) this.#faults.unshift({ code: fault.code, part: 0 });
        else if ('code' in fault) throw errorOf(fault.code);
        return file.append(bytes.subarray(0, Math.max(1, part)));
      },
    };
  }

  async #try<T>(action: () => Promise<T>): Promise<T> {
    const fault = this.#faults.shift();
    if (fault && 'code' in fault) throw errorOf(fault.code);
    return action();
  }
}

function errorOf(code: string): Error {
  return Object.assign(new Error(`${code}: something`), { code });
}

/** A share, evenly spread: doubles would nearly all be tiny. */
const part = fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100);

const fault: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  fc.record({ part }),
  fc.record({
    code: fc.constantFrom('ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EACCES'),
    part,
  }),
);

/** Delivers a group as the queue does: again and again until it is taken. Returns how often it was not. */
async function deliverAll(logged: LoggedFlows, names: readonly string[], between: () => void): Promise<number> {
  const group = [flows(...names.slice(0, 3)), flows(...names.slice(3))];
  const { signal } = new AbortController();
  for (let failures = 0; ; failures++) {
    try {
      await logged.log.deliver(group, signal);
      return failures;
    } catch (error) {
      expect(String(error)).toMatch(/can't be written: .+/);
    }
    between();
    // The look at the file while nothing is written.
    await logged.clock.advance(1_000);
  }
}

describe('a file system that fails', () => {
  it('costs no flow and doubles none, whatever fails, in rotation too, and while others move the file', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fault, { maxLength: 60 }),
        fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 60, max: 600 }),
        fc.boolean(),
        async (faults, sizes, maxSizeBytes, moves) => {
          const { files } = new FaultyFiles(faults);
          const logged = new LoggedFlows({ maxSizeBytes, maxBackups: 0 }, files);
          const delivered: string[] = [];
          let moved = 0;
          const move = (): void => {
            if (moves && logged.exists) renameSync(logged.path, `${logged.path}.${moved++}`);
          };
          for (const [index, size] of sizes.entries()) {
            const names = manyNames(`g${index}`, size);
            await deliverAll(logged, names, move);
            delivered.push(...names);
          }
          await logged.log.close();
          expect(logged.allNames).toEqual(delivered.sort());
          for (const name of logged.backups) {
            const text = logged.read(name);
            expect(text.length <= maxSizeBytes || namesIn(text).length === 1).toBe(true);
          }
          logged.remove();
        },
      ),
      { numRuns: 80 },
    );
  }, 60_000);

  it('leaves no part of a line when it is closed while the disk is full', async () => {
    const faulty = new FaultyFiles();
    const logged = new LoggedFlows({}, faulty.files);
    await logged.deliver(flows('a', 'b'));
    faulty.nextAppend = { code: 'ENOSPC', part: 0.7 };
    await expect(logged.deliver(flows('c', 'd', 'e'))).rejects.toThrow('the disk is full (ENOSPC)');
    expect(logged.text).not.toMatch(/\n$/);
    await logged.log.close();
    expect(logged.names).toEqual(['a', 'b', 'c', 'd']);
  });

  it('has no part of a line to take back when the file was cut off meanwhile', async () => {
    const faulty = new FaultyFiles();
    const logged = new LoggedFlows({}, faulty.files);
    const group = [flows('a', 'b', 'c')];
    const { signal } = new AbortController();
    faulty.nextAppend = { code: 'EDQUOT', part: 0.7 };
    await expect(logged.log.deliver(group, signal)).rejects.toThrow('the disk quota is used up (EDQUOT)');
    truncateSync(logged.path);
    await logged.log.deliver(group, signal);
    expect(logged.names).toEqual(['c']);
  });

  it('leaves a part of a line alone that somebody has written behind', async () => {
    const faulty = new FaultyFiles();
    const logged = new LoggedFlows({}, faulty.files);
    const group = [flows('a', 'b', 'c')];
    const { signal } = new AbortController();
    faulty.nextAppend = { code: 'EIO', part: 0.7 };
    await expect(logged.log.deliver(group, signal)).rejects.toThrow('the disk has an error (EIO)');
    appendFileSync(logged.path, '# mine');
    await logged.log.deliver(group, signal);
    expect(logged.text).toMatch(/,b,.*\n[^\n]*# mine\n[^\n]*,c,[^\n]*\n$/);
  });

  it('that no longer knows the file has nothing to take back', async () => {
    const faulty = new FaultyFiles();
    const logged = new LoggedFlows({}, faulty.files);
    const group = [flows('a', 'b', 'c')];
    const { signal } = new AbortController();
    faulty.nextAppend = { code: 'EIO', part: 0.7 };
    await expect(logged.log.deliver(group, signal)).rejects.toThrow('EIO');
    renameSync(logged.path, `${logged.path}.old`);
    faulty.add({ code: 'ESTALE', part: 0 });
    await logged.log.deliver(group, signal);
    expect(logged.names).toEqual(['c']);
  });

  it('that does not let the file be read lets it be gone on with', async () => {
    const logged = new LoggedFlows();
    await logged.deliver(flows('a'));
    await logged.log.close();
    const lastByte = (): Promise<never> => Promise.reject(errorOf('EACCES'));
    const log = logged.open({}, { ...SYSTEM_FILES, lastByte });
    await log.deliver([flows('b')], new AbortController().signal);
    expect(logged.names).toEqual(['a', 'b']);
  });

  it('begins the next group from its start when one was given up', async () => {
    const faulty = new FaultyFiles();
    const logged = new LoggedFlows({}, faulty.files);
    faulty.nextAppend = { code: 'ENOSPC', part: 0.7 };
    await expect(logged.deliver(flows('a', 'b', 'c'))).rejects.toThrow('ENOSPC');
    await logged.deliver(flows('d', 'e'));
    expect(logged.names).toEqual(['a', 'b', 'd', 'e']);
  });

  it('that takes nothing without an error is one that fails', async () => {
    const files: FileSystem = {
      ...SYSTEM_FILES,
      open: async (path, mode) => {
        const file = await SYSTEM_FILES.open(path, mode);
        return {
          state: () => file.state(),
          truncate: (size) => file.truncate(size),
          close: () => file.close(),
          append: () => Promise.resolve(0),
        };
      },
    };
    await expect(new LoggedFlows({}, files).deliver(flows('a'))).rejects.toThrow('takes nothing');
  });
});

describe('FlowLog.untaken', () => {
  it('is what is not in the file, to the line', async () => {
    const faulty = new FaultyFiles();
    const logged = new LoggedFlows({}, faulty.files);
    const names = manyNames('flow', 20);
    const group = [flows(...names.slice(0, 8)), flows(...names.slice(8))];
    faulty.nextAppend = { code: 'ENOSPC', part: 0.6 };
    await expect(logged.log.deliver(group, new AbortController().signal)).rejects.toThrow('ENOSPC');
    const signal = AbortSignal.abort(new Error('given up'));
    await expect(logged.log.deliver(group, signal)).rejects.toThrow('given up');
    await logged.log.close();
    const rest = logged.log.untaken(group).flatMap((batch) => [...batch].map((flow) => flow.sourcePodName));
    expect([...logged.names, ...rest]).toEqual(names);
    expect(rest.length).toBeGreaterThan(0);
    expect(rest.length).toBeLessThan(names.length);
  });
});
