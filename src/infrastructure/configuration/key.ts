import { ValidateNested } from 'class-validator';
import type { Kind } from './kinds.js';

/** One key of a section: its name, kind, default and meaning, from which reading, printing and documentation derive. */
export interface KeyDefinition {
  readonly type: 'key';
  readonly name: string;
  readonly kind: Kind<unknown>;
  readonly default: unknown;
  /** A sentence or two for the documentation. */
  readonly doc: string;
  /** What the documentation says the default is, where the value itself does not tell. */
  readonly defaultDoc: string | undefined;
  /** Whether "" and 0 are values of their own. Otherwise they stand for the default, as Antrea's decoder has it. */
  readonly keepsZero: boolean;
  /** A lower number is taken as this one, with a warning. */
  readonly raisedTo: number | undefined;
  /** Whether the key is Weir's own rather than Antrea's. */
  readonly own: boolean;
}

/** A section in a section. */
export interface SectionDefinition {
  readonly type: 'section';
  readonly name: string;
  readonly section: SectionClass;
  readonly doc: string;
}

/** A list of sections of one kind. */
export interface ListDefinition {
  readonly type: 'list';
  readonly name: string;
  readonly section: SectionClass;
  readonly doc: string;
}

/** A mapping whose keys the user chooses; empty is the default. */
export interface MapDefinition {
  readonly type: 'map';
  readonly name: string;
  /** What its keys are, in the plural. */
  readonly keys: string;
  readonly item: Kind<unknown>;
  readonly doc: string;
  readonly own: boolean;
}

/** A class whose properties are keys, mappings, sections and lists of sections. */
export type SectionClass = new () => object;

/** What a section's class declares. */
export type Definition = KeyDefinition | MapDefinition | SectionDefinition | ListDefinition;

const definitions = new WeakMap<object, Definition[]>();

/** The keys, mappings, sections and lists of a section's class, in the order in which they are declared. */
export function definitionsOf(section: SectionClass): readonly Definition[] {
  return definitions.get(section.prototype as object) ?? [];
}

function define(prototype: object, definition: Definition): void {
  const known = definitions.get(prototype);
  if (known === undefined) definitions.set(prototype, [definition]);
  else known.push(definition);
}

/** What {@link Key} is told about a key. */
export interface KeyOptions<T> {
  readonly default: T;
  readonly doc: string;
  readonly defaultDoc?: string;
  /** Whether "" and 0 are values of their own; Weir's own keys always keep them. @default false */
  readonly keepsZero?: boolean;
  /** A lower number is taken as this one, with a warning. */
  readonly raisedTo?: number;
}

/** Declares a property as a key of Antrea's file. Checks beyond the kind are class-validator's decorators beside it. */
export function Key<T>(kind: Kind<T>, options: KeyOptions<T>): PropertyDecorator {
  return keyDecorator(kind, options, false);
}

/** Declares a property as a key of Weir's own: "" and 0 are values like any other. */
export function OwnKey<T>(kind: Kind<T>, options: KeyOptions<T>): PropertyDecorator {
  return keyDecorator(kind, { ...options, keepsZero: true }, true);
}

function keyDecorator<T>(kind: Kind<T>, options: KeyOptions<T>, own: boolean): PropertyDecorator {
  return (prototype, name) => {
    define(prototype, {
      type: 'key',
      name: String(name),
      kind: kind,
      default: options.default,
      doc: options.doc,
      defaultDoc: options.defaultDoc,
      keepsZero: options.keepsZero ?? false,
      raisedTo: options.raisedTo,
      own,
    });
  };
}

/** Declares a property as a section. */
export function Section(section: SectionClass, doc: string): PropertyDecorator {
  return (prototype, name) => {
    define(prototype, { type: 'section', name: String(name), section, doc });
    ValidateNested()(prototype, name);
  };
}

/** Declares a property as a list of sections; none is the default. */
export function List(section: SectionClass, doc: string): PropertyDecorator {
  return (prototype, name) => {
    define(prototype, { type: 'list', name: String(name), section, doc });
    ValidateNested({ each: true })(prototype, name);
  };
}

/** What {@link OwnMap} is told about a mapping. */
export interface MapOptions {
  /** What the keys are, in the plural: "connection classes". */
  readonly keys: string;
  readonly doc: string;
}

/** Declares a property, a plain object, as a mapping of Weir's own from keys that the user chooses to values of one kind. */
export function OwnMap(item: Kind<unknown>, { keys, doc }: MapOptions): PropertyDecorator {
  return (prototype, name) => define(prototype, { type: 'map', name: String(name), keys, item, doc, own: true });
}
