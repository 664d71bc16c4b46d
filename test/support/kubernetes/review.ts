import type { RequestInfo } from './request.js';
import { badRequest, noSuchResource, StatusError } from './status.js';
import type { Users } from './users.js';

interface Review {
  readonly spec?: {
    readonly token?: string;
    readonly user?: string;
    readonly nonResourceAttributes?: { readonly path?: string; readonly verb?: string };
  };
}

/** The paths outside of resources that users may go to: `[user, path, verb]`. */
export type PathGrants = readonly (readonly [user: string, path: string, verb: string])[];

/** The answer to a TokenReview, or to a SubjectAccessReview about a path. @throws StatusError 400, 404 */
export function review(users: Users, grants: PathGrants, info: RequestInfo, body: unknown): Record<string, unknown> {
  if (typeof body !== 'object' || body === null)
    throw new StatusError(badRequest('the object provided is unrecognized'));
  const { spec = {} } = body as Review;
  if (info.group === 'authentication.k8s.io' && info.resource === 'tokenreviews') {
    const user = users.named(spec.token ?? '');
    const status =
      user === undefined
        ? { user: {}, error: 'invalid bearer token' }
        : { authenticated: true, user: { username: user.name } };
    return { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', metadata: {}, spec, status };
  }
  if (info.group === 'authorization.k8s.io' && info.resource === 'subjectaccessreviews') {
    const { path = '', verb = '' } = spec.nonResourceAttributes ?? {};
    const allowed = grants.some((grant) => grant[0] === spec.user && grant[1] === path && grant[2] === verb);
    return {
      kind: 'SubjectAccessReview',
      apiVersion: 'authorization.k8s.io/v1',
      metadata: {},
      spec,
      status: { allowed },
    };
  }
  throw new StatusError(noSuchResource());
}
