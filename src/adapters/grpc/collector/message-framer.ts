import { GrpcError, Status } from './grpc-error.js';

/** What takes messages as their octets arrive. */
export interface MessageBody {
  /** A message of so many octets begins. */
  begin(length: number): void;
  /** The next octets of it; `view` shows the same as `bytes`. */
  push(bytes: Uint8Array, view: DataView, start: number, end: number): void;
  /** All octets were there. */
  end(): void;
}

/** Octets before a message: whether it is compressed, and its length (gRPC over HTTP/2, "Length-Prefixed-Message"). */
const PREFIX_LENGTH = 5;

/** What gRPC servers take if nobody says otherwise. */
export const LARGEST_MESSAGE = 4 * 1024 * 1024;

/** Finds the messages in what a stream brings, and hands their octets on as they come: none is ever put together here. */
export class MessageFramer {
  readonly #body: MessageBody;
  readonly #prefix = new DataView(new ArrayBuffer(PREFIX_LENGTH));
  #prefixFilled = 0;
  /** Octets of the message that are still to come. */
  #left = 0;

  constructor(body: MessageBody) {
    this.#body = body;
  }

  /** Whether a message has begun that has not ended. */
  get isInMessage(): boolean {
    return this.#prefixFilled > 0;
  }

  /**
   * Takes the next octets of the stream.
   *
   * @returns the number of messages that they completed
   * @throws GrpcError if the prefix of a message is not acceptable, or whatever the body throws; the framer can't be used any more then
   */
  push(chunk: Uint8Array): number {
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length);
    let messages = 0;
    let at = 0;
    while (at < chunk.length) {
      if (this.#prefixFilled < PREFIX_LENGTH) {
        this.#prefix.setUint8(this.#prefixFilled++, chunk[at++]!);
        if (this.#prefixFilled < PREFIX_LENGTH) continue;
        this.#begin();
      } else {
        const end = Math.min(chunk.length, at + this.#left);
        this.#left -= end - at;
        this.#body.push(chunk, view, at, end);
        at = end;
      }
      if (this.#left > 0) continue;
      this.#body.end();
      this.#prefixFilled = 0;
      messages++;
    }
    return messages;
  }

  #begin(): void {
    const flag = this.#prefix.getUint8(0);
    const length = this.#prefix.getUint32(1);
    if (flag === 1) {
      throw new GrpcError(
        'compressed',
        Status.Unimplemented,
        'messages must not be compressed: only identity is accepted',
      );
    }
    if (flag !== 0) {
      throw new GrpcError('prefix', Status.InvalidArgument, `a message begins with ${flag}, where gRPC knows 0 and 1`);
    }
    if (length > LARGEST_MESSAGE) {
      const message = `a message of ${length} octets is longer than the ${LARGEST_MESSAGE} that are accepted`;
      throw new GrpcError('too_large', Status.ResourceExhausted, message);
    }
    this.#left = length;
    this.#body.begin(length);
  }
}
