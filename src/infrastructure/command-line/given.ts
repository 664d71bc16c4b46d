/** What was given: none of it is undefined. */
export type Given<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> };

/** Only what was given: a key that is undefined would take a default's place. */
export function withoutUndefined<T extends object>(values: T): Given<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>;
}
