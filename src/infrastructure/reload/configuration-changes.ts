import { plainValue } from '../configuration/print-configuration.js';
import { definitionsOf, type Definition, type SectionClass } from '../configuration/key.js';
import { WeirConfiguration } from '../configuration/weir-configuration.js';

/** What takes effect without a restart: sections as a whole, or keys. */
export const LIVE_PATHS: readonly string[] = [
  'flowCollector',
  'clickHouse',
  's3Uploader',
  'flowLogger',
  'recordContents.podLabels',
  'cloudLabels',
];

/** A key that has another value. */
export interface Change {
  /** Full name of the key. */
  readonly path: string;
  /** The values as `weir config print` writes them, without what is secret. */
  readonly before: string;
  readonly after: string;
  /** Whether it takes effect without a restart. */
  readonly isLive: boolean;
}

/** The keys that two configurations differ in, in the order of their declaration. */
export function changesBetween(before: WeirConfiguration, after: WeirConfiguration): Change[] {
  return [...changesOf(before, after, WeirConfiguration, '')];
}

/** What is in effect when `after` is to replace `before` without a restart. */
export function withLiveChanges(before: WeirConfiguration, after: WeirConfiguration): WeirConfiguration {
  return liveSection(before, after, WeirConfiguration, '') as WeirConfiguration;
}

type Values = Readonly<Record<string, unknown>>;

function* changesOf(before: object, after: object, type: SectionClass, path: string): Generator<Change> {
  for (const definition of definitionsOf(type)) {
    const key = join(path, definition.name);
    const [old, young] = [before, after].map((section) => (section as Values)[definition.name]);
    if (definition.type === 'section') yield* changesOf(old as object, young as object, definition.section, key);
    // What is printed has no secrets, so that alone does not tell whether it is the same.
    else if (JSON.stringify(old) !== JSON.stringify(young))
      yield { path: key, before: printed(old, definition), after: printed(young, definition), isLive: isLive(key) };
  }
}

function liveSection(before: object, after: object, type: SectionClass, path: string): object {
  const entries = definitionsOf(type).map(({ name, ...definition }) => {
    const key = join(path, name);
    const [old, young] = [before, after].map((section) => (section as Values)[name]);
    if (isLive(key)) return [name, young];
    const isSection = definition.type === 'section';
    return [name, isSection ? liveSection(old as object, young as object, definition.section, key) : old];
  });
  return Object.assign(new type(), Object.fromEntries(entries)) as object;
}

function isLive(key: string): boolean {
  return LIVE_PATHS.some((path) => key === path || key.startsWith(`${path}.`));
}

function printed(value: unknown, definition: Definition): string {
  const plain = plainValue(value, definition);
  return typeof plain === 'string' ? plain : JSON.stringify(plain);
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
