/** A request to the API server, in terms of permissions and of HTTP. */
export interface ApiRequest {
  readonly verb: 'get' | 'list' | 'watch';
  /** What is asked for, as permissions name it: `pods`. */
  readonly resource: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
}
