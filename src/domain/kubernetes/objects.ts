/**
 * What Weir keeps of Kubernetes' objects: the fields that flows are enriched with and found by, nothing else (100,000 Pods must fit in
 * 200 MB). Texts as Kubernetes has them; "" where an object does not say.
 */

/** A Pod. */
export interface PodObject {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  /** Addresses as text, `status.podIPs`; none until it has some. */
  readonly ips: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly nodeName: string;
  /** `status.phase`: Pending, Running, Succeeded, Failed or Unknown. */
  readonly phase: string;
  /** Whether it has its Node's addresses. */
  readonly hostNetwork: boolean;
  /** `metadata.creationTimestamp`, Unix seconds. */
  readonly createdSeconds: number;
  /** When the last of its containers ended, Unix seconds; undefined if the status does not say. Counts only in a Pod that terminated. */
  readonly finishedSeconds: number | undefined;
  /** What it belongs to: its controller, of a ReplicaSet made by a Deployment that Deployment; "" and "" if nothing. */
  readonly workloadKind: string;
  readonly workloadName: string;
}

/** A Node. */
export interface NodeObject {
  readonly uid: string;
  readonly name: string;
  /** Label topology.kubernetes.io/zone. */
  readonly zone: string;
  /** Addresses of type InternalIP, as text. */
  readonly internalIPs: readonly string[];
}

/** A port of a Service. */
export interface ServicePort {
  /** "" where there is only one and it has none. */
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
}

/** A Service. */
export interface ServiceObject {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  readonly ports: readonly ServicePort[];
}

/** Where the objects of one kind are kept, by those who list and watch them. */
export interface ObjectStore<T extends { readonly uid: string }> {
  /** Takes an object that is new or has changed. Never throws. */
  put(object: T): void;
  /** The object of that UID is gone. Nothing happens if it is not known. */
  delete(uid: string): void;
  /** A whole list begins: what is not put again until `endList` is gone. */
  beginList(): void;
  /** The list is complete. */
  endList(): void;
  /** How many there are, those that are gone not counted. */
  readonly size: number;
}
