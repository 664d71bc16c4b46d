import type { RequestInfo } from './request.js';
import type { StatusDetails } from './status.js';

/** What somebody may do. */
export interface RbacRule {
  readonly verbs: readonly string[];
  readonly resources: readonly string[];
  /** @default [''], the group of core */
  readonly apiGroups?: readonly string[];
  /** All names if not given. */
  readonly resourceNames?: readonly string[];
  /** In one namespace only, as a Role gives it; everywhere and on cluster scope if not given, as a ClusterRole gives it. */
  readonly namespace?: string;
}

/** All that there is: for tests that are not about permissions. */
export const EVERYTHING: readonly RbacRule[] = [{ verbs: ['*'], resources: ['*'], apiGroups: ['*'] }];

/** The user that Antrea's chart makes. */
export const ANTREA_USER = 'system:serviceaccount:flow-aggregator:flow-aggregator';

const READ = ['get', 'list', 'watch'];
const OWN = [...READ, 'update'];
const namespace = 'flow-aggregator';

/** Exactly what Antrea's chart grants to the flow aggregator in its namespace. */
export const ANTREA_RULES: readonly RbacRule[] = [
  { verbs: READ, resources: ['pods', 'nodes', 'services'] },
  { verbs: ['create'], resources: ['secrets', 'configmaps'], namespace },
  {
    verbs: OWN,
    resources: ['secrets'],
    resourceNames: ['flow-aggregator-ca-tls', 'flow-aggregator-client-tls'],
    namespace,
  },
  { verbs: OWN, resources: ['configmaps'], resourceNames: ['flow-aggregator-ca'], namespace },
  { verbs: ['get', 'update'], resources: ['configmaps'], resourceNames: ['flow-aggregator-configmap'], namespace },
  { verbs: ['get'], resources: ['configmaps'], resourceNames: ['antrea-cluster-identity'], namespace: 'kube-system' },
  {
    verbs: ['get'],
    resources: ['configmaps'],
    resourceNames: ['extension-apiserver-authentication'],
    namespace: 'kube-system',
  },
  { verbs: ['create'], resources: ['tokenreviews'], apiGroups: ['authentication.k8s.io'] },
  { verbs: ['create'], resources: ['subjectaccessreviews'], apiGroups: ['authorization.k8s.io'] },
];

const has = (list: readonly string[], value: string): boolean => list.includes('*') || list.includes(value);

/** Whether one of the rules lets a request pass. */
export function isAllowed(rules: readonly RbacRule[], info: RequestInfo): boolean {
  const { verb, group, subresource, name } = info;
  const resource = `${info.resource ?? ''}${subresource === undefined ? '' : `/${subresource}`}`;
  return rules.some(
    (rule) =>
      has(rule.verbs, verb) &&
      has(rule.apiGroups ?? [''], group) &&
      has(rule.resources, resource) &&
      (rule.namespace === undefined || rule.namespace === info.namespace) &&
      // A name that is not known before the object exists can't be allowed.
      (rule.resourceNames === undefined ||
        (name !== undefined && verb !== 'create' && rule.resourceNames.includes(name))),
  );
}

/** 403, in the words of the API server. */
export function forbidden(user: string, info: RequestInfo): StatusDetails {
  const { verb, group, resource, subresource, namespace: place, name, path } = info;
  if (resource === undefined) {
    const message = `forbidden: User "${user}" cannot ${verb} path "${path}"`;
    return { code: 403, reason: 'Forbidden', message, details: {} };
  }
  const what = `${resource}${subresource === undefined ? '' : `/${subresource}`}`;
  const where = place === undefined ? 'at the cluster scope' : `in the namespace "${place}"`;
  const qualified = group === '' ? resource : `${resource}.${group}`;
  const object = name === undefined || verb === 'create' ? qualified : `${qualified} "${name}"`;
  return {
    code: 403,
    reason: 'Forbidden',
    message: `${object} is forbidden: User "${user}" cannot ${verb} resource "${what}" in API group "${group}" ${where}`,
    details: { ...(name === undefined ? {} : { name }), ...(group === '' ? {} : { group }), kind: resource },
  };
}
