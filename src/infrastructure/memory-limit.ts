import { totalmem } from 'node:os';

/** Share of the memory there is that flows may take; the rest is for code, sockets and what is being garbage collected. */
const SHARE = 0.7;

/**
 * Bytes of memory this process may have: its control group's limit (version 1 or 2), or the machine's memory if that is less.
 */
export function availableMemory(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** limits.maxMemory in bytes: what is configured, or for 0 a share of the memory there is. */
export function memoryLimit(configured: number, available = availableMemory()): number {
  return configured || Math.floor(available * SHARE);
}
