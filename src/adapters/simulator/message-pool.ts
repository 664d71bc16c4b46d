import { MESSAGE_ROOM, RecordMessage } from './record-message.js';

/** Messages whose room is allocated together. */
const MESSAGES_A_SLAB = 1024;

/**
 * Messages that are used again: the next flow gets the one that was given back last. So a round that goes through all flows reads their
 * messages in the order of memory even after thousands of flows came and went; messages scattered over the heap cost three times as much.
 */
export class MessagePool {
  readonly #free: RecordMessage[] = [];

  /** A message to encode a half in. */
  take(): RecordMessage {
    if (this.#free.length === 0) this.#grow();
    return this.#free.pop()!;
  }

  /** Gives a message back that is reported no more. */
  release(message: RecordMessage): void {
    this.#free.push(message);
  }

  #grow(): void {
    const slab = Buffer.allocUnsafeSlow(MESSAGES_A_SLAB * MESSAGE_ROOM);
    for (let end = slab.length; end > 0; end -= MESSAGE_ROOM) {
      this.#free.push(new RecordMessage(slab.subarray(end - MESSAGE_ROOM, end)));
    }
  }
}
