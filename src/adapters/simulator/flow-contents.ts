import { parseAddress } from '../../domain/flow/address.js';
import type { FlowContents } from '../formats/protobuf/encode-flow.js';
import type { Address } from './address-plan.js';
import type { FlowIdentity } from './flow-identity.js';
import { mix32 } from './random.js';

const NO_BYTES = new Uint8Array(0);

/**
 * An identity as agents put it into the flow API. They also send the UIDs of what they name, which IPFIX has no room for in their
 * templates: what has the same name in a simulation always has the same UID.
 */
export function flowContents(identity: FlowIdentity, tcpState: string): FlowContents {
  const policyUID = (namespace: string, name: string): string =>
    name === '' ? '' : uid('NetworkPolicy', `${namespace}/${name}`);
  return {
    ...identity,
    tcpState,
    sourceIP: identity.sourceIP.bytes,
    destinationIP: identity.destinationIP.bytes,
    destinationClusterIP: known(identity.destinationClusterIP),
    destinationServiceIP: known(identity.destinationServiceIP),
    proxySnatIP: known(identity.proxySnatIP),
    egressIP: parseAddress(identity.egressIP) ?? NO_BYTES,
    sourcePodUID: uid('Pod', identity.sourcePodName),
    sourceNodeUID: uid('Node', identity.sourceNodeName),
    destinationPodUID: uid('Pod', identity.destinationPodName),
    destinationNodeUID: uid('Node', identity.destinationNodeName),
    ingressNetworkPolicyUID: policyUID(identity.ingressNetworkPolicyNamespace, identity.ingressNetworkPolicyName),
    egressNetworkPolicyUID: policyUID(identity.egressNetworkPolicyNamespace, identity.egressNetworkPolicyName),
    egressUID: uid('Egress', identity.egressName),
  };
}

function known(address: Address): Uint8Array {
  return address.text === '' ? NO_BYTES : address.bytes;
}

/** A UID in the form of a random UUID (RFC 9562 §5.4), drawn from what it is of; "" for nothing. */
function uid(kind: string, name: string): string {
  if (name === '') return '';
  let state = 0;
  for (const text of [kind, name]) {
    for (let i = 0; i < text.length; i++) state = mix32(state ^ text.charCodeAt(i));
  }
  const words = [1, 2, 3, 4].map((word) => mix32((state + word * 0x9e37_79b9) >>> 0));
  words[1] = ((words[1]! & 0xffff_0fff) | 0x4000) >>> 0;
  words[2] = ((words[2]! & 0x3fff_ffff) | 0x8000_0000) >>> 0;
  const hex = words.map((word) => word.toString(16).padStart(8, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
