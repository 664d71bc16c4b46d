import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';

/** Whom a server certificate is for. */
export interface ServerNaming {
  /** Namespace of the Service `flow-aggregator`. @default "flow-aggregator" */
  readonly namespace?: string;
  /** One more DNS name or IP address; "" for none. */
  readonly flowAggregatorAddress?: string;
  /** Of the machine that exporters dial outside of Kubernetes; undefined inside. */
  readonly hostName?: string;
}

/** Letters, digits, hyphens, and underscores, which some hosts have; in front an asterisk for all names of a domain. */
const DNS_NAME = /^(?=.{1,253}$)(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62})*$/i;

/**
 * DNS names and IP addresses for Weir's own server certificate, each once: its Service's, the configured one, and outside of Kubernetes
 * what exporters on the same machine and in the same network dial.
 *
 * @throws Error if flowAggregatorAddress is neither a DNS name nor an IP address
 */
export function serverNames({
  namespace = 'flow-aggregator',
  flowAggregatorAddress = '',
  hostName,
}: ServerNaming): string[] {
  const names = [`flow-aggregator.${namespace}.svc`];
  if (flowAggregatorAddress !== '') {
    const name = normalizedName(flowAggregatorAddress);
    if (name === undefined) {
      throw new Error(`flowAggregatorAddress "${flowAggregatorAddress}" is neither a DNS name nor an IP address`);
    }
    names.push(name);
  }
  if (hostName !== undefined) {
    const name = normalizedName(hostName);
    names.push('localhost', '127.0.0.1', '::1', ...(name === undefined ? [] : [name]));
  }
  return [...new Set(names)];
}

/** A DNS name or IP address as certificates have it; undefined if it is neither. */
export function normalizedName(text: string): string | undefined {
  const address = text.replace(/^\[(.*)\]$/, '$1');
  // A zone is about one machine's interfaces and has no place in a certificate.
  if (isIP(address) !== 0) return address.includes('%') ? undefined : address;
  const ascii = text.startsWith('*.') ? `*.${domainToASCII(text.slice(2))}` : domainToASCII(text);
  return DNS_NAME.test(ascii) && !/^[\d.]+$/.test(ascii) ? ascii : undefined;
}
