import { readFileSync } from 'node:fs';

/** A Pod's interface has this name with every common network plugin. */
const POD_INTERFACE_MTU = '/sys/class/net/eth0/mtu';

/** MTU of the Pod's interface in bytes; undefined outside a Pod, or where it can't be read. */
export function podMtu(environment: NodeJS.ProcessEnv = process.env, file = POD_INTERFACE_MTU): number | undefined {
  if (environment['POD_NAME'] === undefined) return undefined;
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10) || undefined;
  } catch {
    return undefined;
  }
}
