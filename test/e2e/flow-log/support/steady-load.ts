import { setTimeout as pause } from 'node:timers/promises';
import { atEnd } from '../../support/clean-up.js';
import { StreamLoad } from '../../delivery/support/stream-load.js';

/** Flows that report again and again, so that there are rows to be written every second. */
const FLOWS = 6_000;
const PORTION = 600;
const PAUSE_MS = 20;

/** A load that goes on in the background, some ten thousand records a second, until it is finished. */
export class SteadyLoad {
  readonly #load: StreamLoad;
  #isOver = false;
  readonly #sending: Promise<void>;

  private constructor(load: StreamLoad) {
    this.#load = load;
    this.#sending = this.#send();
    // Whoever finishes the load hears of it.
    this.#sending.catch(() => undefined);
  }

  /** Begins to send. */
  static async start(port: number): Promise<SteadyLoad> {
    const load = new SteadyLoad(await StreamLoad.connect(port, { flows: FLOWS }));
    atEnd(() => {
      load.#isOver = true;
    });
    return load;
  }

  /** Sends no more. Resolves with the records that were sent. */
  async finish(): Promise<number> {
    this.#isOver = true;
    await this.#sending;
    await this.#load.finish();
    return this.#load.sent;
  }

  async #send(): Promise<void> {
    while (!this.#isOver) {
      await this.#load.send(PORTION);
      await pause(PAUSE_MS);
    }
  }
}
