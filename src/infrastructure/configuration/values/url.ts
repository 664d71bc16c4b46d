/** What stands between a URL's user and its host. Greedy: where a password has an @ of its own, too much is hidden rather than too little. */
const PASSWORD = /^([a-z][a-z0-9+.-]*:\/\/[^:@/?]*):.*@/i;

/** Passwords among the parameters, where ClickHouse's clients take them, too. */
const PARAMETER = /([?&]password=)[^&#]*/gi;

/** A URL with *** in place of its password, if it has one. */
export function withoutPassword(url: string): string {
  return url.replace(PASSWORD, '$1:***@').replace(PARAMETER, '$1***');
}

/** Whether a text is an absolute http: or https: URL with a host and without a fragment. */
export function isHttpUrl(text: string): boolean {
  if (!/^https?:\/\/[^/?#\s]/i.test(text) || /[\s#]/.test(text)) return false;
  return URL.canParse(text);
}

/** scheme://host[:port], nothing after it but perhaps a slash. */
const DATABASE =
  /^(?<scheme>tcp|tls|https?):\/\/(?:\[(?<v6>[0-9A-Fa-f:.]+)\]|(?<name>[\w.-]+))(?::(?<port>\d{1,5}))?\/?$/i;

/** Where a ClickHouse server is, as Antrea's file has it. */
export interface DatabaseAddress {
  readonly scheme: 'tcp' | 'tls' | 'http' | 'https';
  readonly host: string;
  /** undefined if the URL has none. */
  readonly port: number | undefined;
}

/** Takes a URL of a ClickHouse server apart; undefined if it has another scheme, or a path, query or user. */
export function parseDatabaseUrl(text: string): DatabaseAddress | undefined {
  const groups = DATABASE.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const port = groups['port'] === undefined ? undefined : Number(groups['port']);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  const scheme = groups['scheme']!.toLowerCase() as DatabaseAddress['scheme'];
  return { scheme, host: groups['v6'] ?? groups['name']!, port };
}
