/** Somewhere to listen. */
export interface ListenAddress {
  /** An address or name; "::" listens for both families. */
  readonly host: string;
  /** 0 takes any port that is free. */
  readonly port: number;
}

/** The external collector that flows are sent to. */
export interface CollectorAddress {
  readonly host: string;
  readonly port: number;
  readonly transport: 'tcp' | 'udp';
}

/** Port of IPFIX over TCP and UDP (RFC 7011 §10.3.4). */
const IPFIX_PORT = 4739;

/** An IPv6 address in brackets, perhaps with a zone. */
const BRACKETED = String.raw`\[(?<v6>[0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]`;
const LISTEN = new RegExp(String.raw`^(?:${BRACKETED}|(?<name>[\w.-]*)):(?<port>\d{1,5})$`);
const COLLECTOR = new RegExp(
  String.raw`^(?:${BRACKETED}|(?<name>[\w.-]+))(?::(?<port>\d{0,5})(?::(?<proto>[A-Za-z]+))?)?$`,
);

/** An address to listen on: "[::]:4739", "127.0.0.1:0", ":4739" (both families); undefined if the text is none. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const groups = LISTEN.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const port = Number(groups['port']);
  return port > 65_535 ? undefined : { host: groups['v6'] ?? (groups['name'] || '::'), port };
}

/**
 * A collector's address in Antrea's forms: `host:port[:proto]`, `[v6]:port[:proto]`, `host::proto` and `host`; proto is tcp (the
 * default) or udp, without regard to case, and the port is `defaultPort` if not given. undefined if the text is none of these.
 */
export function parseCollectorAddress(text: string, defaultPort = IPFIX_PORT): CollectorAddress | undefined {
  const groups = COLLECTOR.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const port = groups['port'] ? Number(groups['port']) : defaultPort;
  const transport = (groups['proto'] ?? 'tcp').toLowerCase();
  if (port < 1 || port > 65_535 || (transport !== 'tcp' && transport !== 'udp')) return undefined;
  return { host: groups['v6'] ?? groups['name']!, port, transport };
}

/** Whether nobody but this machine reaches what listens at a host. */
export function isLoopback(host: string): boolean {
  return /^(localhost|::1|(::ffff:)?127(\.\d{1,3}){3})$/i.test(host);
}
