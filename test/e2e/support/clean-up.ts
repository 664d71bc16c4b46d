import { afterAll, afterEach } from '@jest/globals';

/** What a test started lives until its end, or until the end of the file: for what `beforeAll` starts. */
export type Lifetime = 'test' | 'file';

/** Ends something that a test started; called when it has ended by itself, too. */
export type CleanUp = () => void | Promise<void>;

const pending: Record<Lifetime, CleanUp[]> = { test: [], file: [] };

async function cleanUp(lifetime: Lifetime): Promise<void> {
  const failures: unknown[] = [];
  // The last that was started ends first: it may use what was started before.
  for (let action = pending[lifetime].pop(); action !== undefined; action = pending[lifetime].pop()) {
    try {
      await action();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'what a test started could not be ended');
}

afterEach(() => cleanUp('test'));
afterAll(async () => {
  await cleanUp('test');
  await cleanUp('file');
});

/** Has `action` done at the end of the test, or of the file, whether or not it passed. */
export function atEnd(action: CleanUp, lifetime: Lifetime = 'test'): void {
  pending[lifetime].push(action);
}
