import type { RbacRule } from '../../support/kubernetes/rbac.js';

/** Who has permissions. */
export interface Subject {
  readonly kind: 'ServiceAccount' | 'User';
  readonly name: string;
  readonly namespace?: string;
}

/** An object, and where it is created. */
export interface Creation {
  readonly path: string;
  readonly object: Record<string, unknown>;
}

const RBAC = '/apis/rbac.authorization.k8s.io/v1';

/** A ClusterRole, a Role for each namespace, and what binds them to somebody; in the order in which they can be created. */
export function rolesOf(rules: readonly RbacRule[], subject: Subject): Creation[] {
  const namespaces = [...new Set(rules.map(({ namespace }) => namespace))];
  const creations = namespaces.map((namespace) => {
    const own = rules.filter((rule) => rule.namespace === namespace).map(policyRule);
    const folder = namespace === undefined ? RBAC : `${RBAC}/namespaces/${namespace}`;
    const kind = namespace === undefined ? 'ClusterRole' : 'Role';
    const metadata = { name: subject.name };
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind, name: subject.name };
    return [
      { path: `${folder}/${kind.toLowerCase()}s`, object: { metadata, rules: own } },
      {
        path: `${folder}/${kind.toLowerCase()}bindings`,
        object: { metadata, roleRef, subjects: [subjectOf(subject)] },
      },
    ];
  });
  return creations.flat();
}

function policyRule({ verbs, resources, apiGroups = [''], resourceNames }: RbacRule): Record<string, unknown> {
  return { verbs, resources, apiGroups, ...(resourceNames === undefined ? {} : { resourceNames }) };
}

function subjectOf(subject: Subject): Record<string, unknown> {
  return { apiGroup: subject.kind === 'User' ? 'rbac.authorization.k8s.io' : '', ...subject };
}
