/** What goes with a log line, by name: numbers, strings, addresses; never a secret. */
export type LogFields = Readonly<Record<string, string | number | boolean | bigint | undefined>>;

/** Where a part of the program says what happened, to the person who runs it. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /**
   * A warning about something that can happen again and again. The first of a `key` is logged at once, the ones that follow within a
   * minute as one line that says how many there were.
   */
  repeated(key: string, message: string, fields?: LogFields): void;
}
