/** Stops what a clock was asked to do. Calling it again does nothing. */
export type Cancel = () => void;

/** Time and waiting. Nothing in domain or application knows the time in any other way. */
export interface Clock {
  /** Unix time in milliseconds; can jump when the system's time is set. */
  unixMilliseconds(): number;
  /** Milliseconds since some moment, with fractions; never goes back. */
  monotonicMilliseconds(): number;
  /** Calls `action` once, `milliseconds` from now. */
  after(milliseconds: number, action: () => void): Cancel;
  /** Calls `action` every `milliseconds`, for the first time after that long. */
  every(milliseconds: number, action: () => void): Cancel;
  /** Calls `action` after the input and output that is due now had its turn. */
  soon(action: () => void): Cancel;
}
