/** What a run of a fuzzer came across. */
export interface FuzzResult {
  readonly cases: number;
  /** Errors of the decoder by reason: proof that mutations reach each check. */
  readonly errors: ReadonlyMap<string, number>;
  readonly records: number;
}

/** What went wrong with one case, so that it can be run again. */
export class FuzzFailure extends Error {
  constructor(seed: number, number: number, problem: string, cause?: unknown) {
    super(`seed ${seed}, case ${number}: ${problem}`, { cause });
  }
}
