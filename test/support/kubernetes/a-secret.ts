import type { KubernetesObject } from './object.js';

/** What is particular of a Secret or of a ConfigMap. */
export interface DataOptions {
  readonly name: string;
  readonly namespace: string;
  /** By key, as plain text. */
  readonly data: Readonly<Record<string, string>>;
}

/** A Secret whose values are these texts. */
export function aSecret({
  name,
  namespace,
  data,
  type = 'Opaque',
}: DataOptions & { readonly type?: string }): KubernetesObject {
  const encoded = Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  return { metadata: { name, namespace }, data: Object.fromEntries(encoded) as Record<string, string>, type };
}

/** A ConfigMap with these texts. */
export function aConfigMap({ name, namespace, data }: DataOptions): KubernetesObject {
  return { metadata: { name, namespace }, data: { ...data } };
}
