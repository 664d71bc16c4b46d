/** What infrastructure itself asks the container for, beside what the application does (`APPLICATION`). */
export const INFRASTRUCTURE = {
  Configuration: Symbol.for('weir.Configuration'),
  ClusterIdentity: Symbol.for('weir.ClusterIdentity'),
  MetricsServer: Symbol.for('weir.MetricsServer'),
  EventLoopDelay: Symbol.for('weir.EventLoopDelay'),
  Summarize: Symbol.for('weir.Summarize'),
  SectionSinks: Symbol.for('weir.SectionSinks'),
  SinkOfSection: Symbol.for('weir.SinkOfSection'),
  Serve: Symbol.for('weir.Serve'),
} as const;
