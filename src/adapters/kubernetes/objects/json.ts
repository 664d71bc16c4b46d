/** A JSON object whose fields nobody has looked at. */
export type JsonObject = Readonly<Record<string, unknown>>;

const NONE: JsonObject = {};

/** Whether a value is a JSON object: no list, no null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The fields of an object; none of what is no object. */
export function fieldsOf(value: unknown): JsonObject {
  return isObject(value) ? value : NONE;
}

/** The elements of a list; none of what is no list. */
export function elementsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A text; "" for what is none. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Unix seconds of a time as Kubernetes writes them (RFC 3339), undefined for what is none and for Go's zero time. */
export function secondsOf(value: unknown): number | undefined {
  const seconds = Math.floor(Date.parse(textOf(value)) / 1000);
  return seconds > 0 ? seconds : undefined;
}

/**
 * The same text with memory of its own. V8 makes a part of a text a reference into the whole, which then stays in memory for as long
 * as the part does.
 */
export function ownText(text: string): string {
  return Buffer.from(text).toString();
}
