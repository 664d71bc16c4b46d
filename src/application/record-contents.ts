/** What records carry beside what always is in them. One object for all who read it: it can change while the service runs. */
export class RecordContents {
  /** Whether flows have the labels of their Pods. */
  podLabels: boolean;

  constructor(podLabels: boolean) {
    this.podLabels = podLabels;
  }
}
