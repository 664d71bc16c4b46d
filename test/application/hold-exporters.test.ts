import { describe, expect, it } from '@jest/globals';
import { HoldExporters } from '../../src/application/hold-exporters.js';
import { HeldSource } from '../support/held-source.js';

describe('HoldExporters', () => {
  it('holds all sources back for as long as there is any reason', () => {
    const sources = [new HeldSource(), new HeldSource()];
    const hold = new HoldExporters(sources);
    hold.release('sinks');
    hold.hold('metadata');
    hold.hold('memory');
    hold.hold('memory');
    hold.release('metadata');
    hold.release('metadata');
    expect(sources.map(({ calls }) => calls)).toEqual([['pause'], ['pause']]);
    hold.release('memory');
    hold.hold('sinks');
    expect(sources.map(({ calls }) => calls.join())).toEqual(['pause,resume,pause', 'pause,resume,pause']);
  });
});
