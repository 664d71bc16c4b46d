/** Something in a configuration file that its author should know. */
export interface Problem {
  /** An error refuses the file; a warning says what was ignored or taken differently. */
  readonly severity: 'error' | 'warning';
  /** Line and column, from 1, of the key; of the section if the key is missing from it; 1:1 if the section is, too. */
  readonly line: number;
  readonly column: number;
  /** Full name of the key, `flowCollector.address`; "" if it is about the file as a whole. */
  readonly path: string;
  /** What is wrong; what is accepted. */
  readonly message: string;
}

/** One line of a report: `FILE:LINE:COLUMN: KEY.PATH: what is wrong; what is accepted`. */
export function formatProblem(file: string, { line, column, path, message }: Problem): string {
  return [`${file}:${line}:${column}`, ...(path === '' ? [] : [path]), message].join(': ');
}

/** Problems in the order of the file. */
export function inFileOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
}
