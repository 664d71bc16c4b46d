/** What stands between a URL's user and its host. Greedy: where a password has an @ of its own, too much is hidden rather than too little. */
const PASSWORD = /^([a-z][a-z0-9+.-]*:\/\/[^:@/?]*):.*@/i;

/** Passwords among the parameters, where ClickHouse's clients take them, too. */
const PARAMETER = /([?&]password=)[^&#]*/gi;

/** A URL with *** in place of its password, if it has one. */
export function withoutPassword(url: string): string {
  return url.replace(PASSWORD, '$1:***@').replace(PARAMETER, '$1***');
}
