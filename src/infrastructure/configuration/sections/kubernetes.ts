import { OwnKey } from '../key.js';
import { flagOrAuto, text } from '../kinds.js';

/** kubernetes: the API server that names come from. */
export class KubernetesSection {
  @OwnKey(flagOrAuto, { default: 'auto', doc: 'Whether Kubernetes is asked; auto: in a Pod it is.' })
  enable!: boolean | 'auto';

  @OwnKey(text, {
    default: '',
    doc: 'A kubeconfig file; "" is the Pod\'s own account, then what kubectl would take.',
  })
  kubeconfig!: string;
}
