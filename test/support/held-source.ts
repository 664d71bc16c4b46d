import type { FlowSource } from '../../src/application/ports/flow-source.js';

/** A source that remembers whether it was paused and resumed, in that order. */
export class HeldSource implements FlowSource {
  readonly name = 'tcp';
  readonly canPause = true;
  readonly address = '';
  readonly calls: string[] = [];

  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  pause(): void {
    this.calls.push('pause');
  }

  resume(): void {
    this.calls.push('resume');
  }
}
