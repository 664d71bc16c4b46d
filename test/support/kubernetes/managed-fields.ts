/** The fields of a tree of objects as `managedFields` has them: keys with an `f:` before, lists by what names their elements. */
export function fieldsOf(value: unknown): Record<string, unknown> {
  if (Array.isArray(value)) {
    return Object.fromEntries(
      value.map((element: unknown) => [keyOfElement(element), { '.': {}, ...fieldsOf(element) }]),
    );
  }
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [`f:${name}`, fieldsOf(inner)]));
}

const ELEMENT_KEYS = ['type', 'name', 'ip', 'containerPort', 'port', 'key'] as const;

function keyOfElement(element: unknown): string {
  if (typeof element !== 'object' || element === null) return `v:${JSON.stringify(element)}`;
  const name = ELEMENT_KEYS.find((key) => key in element);
  return `k:${JSON.stringify(name === undefined ? {} : { [name]: (element as Record<string, unknown>)[name] })}`;
}

const known = new Map<string, Record<string, unknown>>();

/** As `fieldsOf`, worked out once for each shape: tests make a hundred thousand objects of few shapes. */
export function fieldsOfShape(shape: string, value: unknown): Record<string, unknown> {
  let fields = known.get(shape);
  if (fields === undefined) {
    fields = fieldsOf(value);
    known.set(shape, fields);
  }
  return fields;
}

/** An entry of `managedFields` that says who set these fields: what makes real objects twice as large as their content. */
export function managedBy(
  manager: string,
  time: string,
  fieldsV1: Record<string, unknown>,
  subresource?: string,
): Record<string, unknown> {
  const entry = { manager, operation: 'Update', apiVersion: 'v1', time, fieldsType: 'FieldsV1', fieldsV1 };
  return subresource === undefined ? entry : { ...entry, subresource };
}
