import { endpoint, text, u32, u8, type FieldTable } from '../flow/field.js';
import { layOut } from '../flow/layout.js';

/** What is kept of a Pod, as its row has it. */
export const POD_FIELDS = {
  firstIP: endpoint('Address of the Pod; :: if it has none, or its its Node has those'),
  secondIP: endpoint('Address of the other family; :: if it has none'),
  isHostNetwork: u8('1 if the Pod has the addresses of its Node'),
  createdSeconds: u32('When it was created, or first seen if it was Pending then; Unix seconds'),
  deletedSeconds: u32('When it terminated or was deleted, Unix seconds; 2³² − 1 while it lives'),
  goneSeconds: u32('When the object was deleted, Unix seconds; 2³² − 1 while it is there'),
  listed: u32('Number of the list in which the object was last seen'),
  name: text('Name of the Pod'),
  namespace: text('Its namespace'),
  uid: text('Its UID'),
  labels: text('Its labels, a JSON object with sorted keys'),
  nodeName: text('Name of the Node that it runs on'),
  workloadKind: text('Kind of what it belongs to: Deployment, StatefulSet, DaemonSet, Job …'),
  workloadName: text('Name of what it belongs to'),
} as const satisfies FieldTable;

/** The row of a Pod. */
export const POD_BLOCK = layOut(POD_FIELDS);

/** A time that has not come. */
export const NEVER = 0xffff_ffff;
