/** What flows carry beside what always is in them. One object for all who read it: it can change while the service runs. */
export interface RecordContents {
  /** Whether flows have the labels of their Pods (recordContents.podLabels). */
  podLabels: boolean;
  /** Whether they have UIDs of what is looked up (flowCollector.enable with includeK8sUIDs). */
  uids: boolean;
}
