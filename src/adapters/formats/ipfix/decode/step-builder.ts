import { Operation, type Steps } from './record-reader.js';

/** Writes the steps of a plan, one for a run of fields where the operation allows it, and keeps account of lengths. */
export class StepBuilder {
  readonly #operations: Operation[] = [];
  readonly #operands: number[] = [];
  readonly #gaps: number[] = [];
  /** Octets of fixed length since the last variable-length field. */
  #fixed = 0;
  #shortest = 0;
  /** Where the count of the run in hand is among the operands. */
  #run = 0;
  readonly #begunWords = new Set<number>();

  /** Passes over a field of fixed length. */
  skip(octets: number): void {
    this.#takeFixed(octets);
    if (this.#last === Operation.Skip) this.#operands[this.#run]! += octets;
    else this.#begin(Operation.Skip, octets);
  }

  /** Passes over a variable-length field. */
  skipVariable(): void {
    this.#takeVariable();
    if (this.#last === Operation.SkipVariable) this.#operands[this.#run]! += 1;
    else this.#begin(Operation.SkipVariable, 1);
  }

  /** Refers to a variable-length text. */
  text(word: number): void {
    this.#takeVariable();
    this.#addToRun(Operation.Texts, word);
  }

  /** Takes an 8-octet counter, or a reduced one. */
  counter(word: number, octets: number): void {
    this.#takeFixed(octets);
    if (octets === 8) this.#addToRun(Operation.Counters, word);
    else this.#begin(Operation.ReducedCounter, word, octets);
  }

  /** Packs one or two octets into a word; the first field of a word clears the rest of it. */
  integer(word: number, shift: number, octets: number): void {
    this.#takeFixed(octets);
    const isFirst = !this.#begunWords.has(word);
    this.#begunWords.add(word);
    if (octets === 1) this.#begin(isFirst ? Operation.FirstOctet : Operation.NextOctet, word, shift);
    else this.#begin(isFirst ? Operation.FirstPair : Operation.NextPair, word, shift);
  }

  /** A step of its own for a field of fixed length. */
  fixed(operation: Operation, octets: number, ...operands: number[]): void {
    this.#takeFixed(octets);
    this.#begin(operation, ...operands);
  }

  /** Notes a variable-length field. */
  noteVariable(note: number): void {
    this.#takeVariable();
    this.#begin(Operation.NoteVariable, note);
  }

  /** What was built, as a plan has it. */
  build(): Steps {
    // Octets hold what the compiler knows as an enumeration.
    const operations: unknown = Uint8Array.from(this.#operations);
    return {
      operations: operations as ArrayLike<Operation>,
      operands: Uint32Array.from(this.#operands),
      shortestRecord: this.#shortest,
      gaps: Uint32Array.from(this.#gaps),
      tail: this.#fixed,
    };
  }

  get #last(): Operation | undefined {
    return this.#operations.at(-1);
  }

  #begin(operation: Operation, ...operands: number[]): void {
    this.#operations.push(operation);
    this.#run = this.#operands.length;
    this.#operands.push(...operands);
  }

  #addToRun(operation: Operation, word: number): void {
    if (this.#last === operation) {
      this.#operands[this.#run]! += 1;
      this.#operands.push(word);
    } else {
      this.#begin(operation, 1, word);
    }
  }

  #takeFixed(octets: number): void {
    this.#fixed += octets;
    this.#shortest += octets;
  }

  #takeVariable(): void {
    this.#gaps.push(this.#fixed);
    this.#fixed = 0;
    this.#shortest += 1;
  }
}
