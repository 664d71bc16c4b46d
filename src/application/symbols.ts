/** What the application layer asks the container for. */
export const APPLICATION = {
  Clock: Symbol.for('weir.Clock'),
  Logger: Symbol.for('weir.Logger'),
  Metrics: Symbol.for('weir.Metrics'),
  FlowTable: Symbol.for('weir.FlowTable'),
  FlowOutlet: Symbol.for('weir.FlowOutlet'),
  FlowSources: Symbol.for('weir.FlowSources'),
  FlowSinks: Symbol.for('weir.FlowSinks'),
  RecordReceiver: Symbol.for('weir.RecordReceiver'),
  BatchExporter: Symbol.for('weir.BatchExporter'),
  ExportFlows: Symbol.for('weir.ExportFlows'),
  AggregateFlows: Symbol.for('weir.AggregateFlows'),
  ExpireFlows: Symbol.for('weir.ExpireFlows'),
  BatchFlows: Symbol.for('weir.BatchFlows'),
  GuardMemory: Symbol.for('weir.GuardMemory'),
  MemoryLimit: Symbol.for('weir.MemoryLimit'),
} as const;
