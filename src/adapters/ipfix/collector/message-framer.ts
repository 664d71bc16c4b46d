import { MESSAGE_PREFIX_LENGTH, readMessageLength } from '../../formats/ipfix/decode/message-header.js';

/** Takes a complete message: `length` octets at `start` of `bytes`, which `view` shows too. Valid during the call. */
export type OnMessage = (bytes: Uint8Array, view: DataView, start: number, length: number) => void;

/** A buffer up to this size is kept for the next message that comes in parts; larger ones are given back. */
const KEPT_CAPACITY = 2048;

/**
 * Finds the messages in a stream of octets (RFC 7011 §10.4: over TCP a message is found by its length alone).
 *
 * Messages that lie whole within what was read stay where they are; only one that is split is put together in a buffer, which grows as
 * octets arrive, never because a header promises many.
 */
export class MessageFramer {
  readonly #onMessage: OnMessage;
  #buffer = new Uint8Array(0);
  #filled = 0;
  /** Octets of the message in the buffer; 0 while too few have arrived to know. */
  #length = 0;

  constructor(onMessage: OnMessage) {
    this.#onMessage = onMessage;
  }

  /** Octets of a message that is not complete yet. */
  get pending(): number {
    return this.#filled;
  }

  /** Octets of memory held for such a message. */
  get capacity(): number {
    return this.#buffer.length;
  }

  /**
   * Takes the next octets of the stream and hands over all messages that they complete.
   *
   * @throws IpfixError if they can't be messages, or whatever the handler throws; the framer can't be used any more then
   */
  push(chunk: Uint8Array): void {
    let at = this.#filled > 0 ? this.#complete(chunk) : 0;
    if (at < chunk.length) {
      const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length);
      while (chunk.length - at >= MESSAGE_PREFIX_LENGTH) {
        const length = readMessageLength(chunk, at);
        if (length > chunk.length - at) break;
        this.#onMessage(chunk, view, at, length);
        at += length;
      }
      if (at < chunk.length) this.#keep(chunk, at, chunk.length);
    }
  }

  /**
   * Goes on with the message in the buffer.
   *
   * @returns where in the chunk the next message begins
   */
  #complete(chunk: Uint8Array): number {
    let at = 0;
    if (this.#filled < MESSAGE_PREFIX_LENGTH) {
      at = Math.min(chunk.length, MESSAGE_PREFIX_LENGTH - this.#filled);
      this.#keep(chunk, 0, at);
      if (this.pending < MESSAGE_PREFIX_LENGTH) return at;
    }
    const end = Math.min(chunk.length, at + this.#length - this.#filled);
    this.#keep(chunk, at, end);
    if (this.#filled === this.#length) this.#handOver();
    return end;
  }

  #handOver(): void {
    const buffer = this.#buffer;
    const length = this.#length;
    this.#filled = 0;
    this.#length = 0;
    if (buffer.length > KEPT_CAPACITY) this.#buffer = new Uint8Array(0);
    this.#onMessage(buffer, new DataView(buffer.buffer, buffer.byteOffset, buffer.length), 0, length);
  }

  #keep(chunk: Uint8Array, start: number, end: number): void {
    const filled = this.#filled + end - start;
    if (filled > this.#buffer.length) {
      const wanted = Math.max(filled, 2 * this.#buffer.length);
      const buffer = new Uint8Array(this.#length === 0 ? wanted : Math.max(filled, Math.min(wanted, this.#length)));
      buffer.set(this.#buffer.subarray(0, this.#filled));
      this.#buffer = buffer;
    }
    this.#buffer.set(chunk.subarray(start, end), this.#filled);
    this.#filled = filled;
    if (this.#length === 0 && filled >= MESSAGE_PREFIX_LENGTH) this.#length = readMessageLength(this.#buffer, 0);
  }
}
