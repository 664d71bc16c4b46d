import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { ANTREA_RULES, ANTREA_USER, isAllowed, type RbacRule } from './rbac.js';
import { matches, type Match } from './fault.js';
import type { RequestInfo } from './request.js';
import { StatusError, unauthorized } from './status.js';

/** Somebody who uses the API server. */
export interface User {
  readonly name: string;
  readonly rules: readonly RbacRule[];
}

/** Nobody: who comes without anything that says who it is. */
const ANONYMOUS: User = { name: 'system:anonymous', rules: [] };

/** Whoever uses the API server: knows them by a bearer token or by the CN of a client certificate, and what they may do. */
export class Users {
  readonly #byToken = new Map<string, User>();
  readonly #byName = new Map<string, User>();
  readonly #denied = new Set<Match>();

  /** @returns a token of the user, who is known by a client certificate of the name, too */
  add({ name = ANTREA_USER, rules = ANTREA_RULES }: Partial<User> = {}): string {
    const token = randomBytes(24).toString('base64url');
    const user = { name, rules };
    this.#byToken.set(token, user);
    this.#byName.set(name, user);
    return token;
  }

  /** @returns another token of the same user; the old one goes on unless it is revoked */
  another(token: string): string {
    const fresh = randomBytes(24).toString('base64url');
    this.#byToken.set(fresh, this.#byToken.get(token) ?? ANONYMOUS);
    return fresh;
  }

  /** A token that answers 401 from now on. */
  revoke(token: string): void {
    this.#byToken.delete(token);
  }

  /** Gives a user other permissions. */
  grant(name: string, rules: readonly RbacRule[]): void {
    this.#byName.set(name, { name, rules });
    for (const [token, user] of this.#byToken) if (user.name === name) this.#byToken.set(token, { name, rules });
  }

  /** Refuses such requests of everybody, whatever is granted, until the function that it returns is called. */
  deny(match: Match): () => void {
    this.#denied.add(match);
    return () => this.#denied.delete(match);
  }

  /** Who makes the request. @throws StatusError 401 for an unknown token, or a certificate of somebody else's CA */
  authenticate(request: IncomingMessage): User {
    const [, token] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
    const user = token === undefined ? this.#certified(request) : this.#byToken.get(token);
    if (user === undefined) throw new StatusError(unauthorized());
    return user;
  }

  /** Whether a user may do it. */
  allows(user: User, info: RequestInfo): boolean {
    return isAllowed(user.rules, info) && ![...this.#denied].some((match) => matches(match, info));
  }

  /** The user that a token tells of. */
  named(token: string): User | undefined {
    return this.#byToken.get(token);
  }

  #certified({ socket }: IncomingMessage): User | undefined {
    if (!(socket instanceof TLSSocket)) return ANONYMOUS;
    // An empty object if there is none.
    const { subject } = socket.getPeerCertificate() as Partial<ReturnType<TLSSocket['getPeerCertificate']>>;
    if (subject === undefined) return ANONYMOUS;
    if (!socket.authorized) return undefined;
    const name = subject.CN;
    return typeof name === 'string' ? (this.#byName.get(name) ?? { name, rules: [] }) : undefined;
  }
}
