/** What the exit code says. Ended by a second signal it is 128 and the signal's number, as a shell has it: 130, 143. */
export const ExitCode = {
  /** Did what was asked; for a service: everything that was received left, or nobody wanted it. */
  Ok: 0,
  /** The configuration was refused, or can't be read. */
  Configuration: 1,
  /** The command line makes no sense. */
  Usage: 2,
  /** Could not do what was asked: an address to listen on is taken, a file can't be written. */
  Failed: 3,
  /** Ended in order, but some sink had not taken everything in time. */
  Undelivered: 4,
  /** A mistake in Weir itself. */
  Internal: 70,
} as const;
