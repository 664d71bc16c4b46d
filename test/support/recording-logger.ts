import type { LogFields, Logger } from '../../src/application/ports/logger.js';

/** A line that was logged. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'repeated';
  readonly message: string;
  readonly fields: LogFields;
  /** Of a repeated line. */
  readonly key?: string;
}

/** Keeps what is logged. Repeated lines are all kept, not summed up. */
export class RecordingLogger implements Logger {
  readonly lines: LogLine[] = [];

  debug(message: string, fields: LogFields = {}): void {
    // A copy: what is worked out only for who asks has to be so now.
    this.lines.push({ level: 'debug', message, fields: { ...fields } });
  }

  info(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'info', message, fields });
  }

  warn(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'warn', message, fields });
  }

  error(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'error', message, fields });
  }

  repeated(key: string, message: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'repeated', message, fields, key });
  }

  /** Lines of one level. */
  of(level: LogLine['level']): LogLine[] {
    return this.lines.filter((line) => line.level === level);
  }

  /** Lines whose message matches. */
  matching(pattern: RegExp): LogLine[] {
    return this.lines.filter(({ message }) => pattern.test(message));
  }
}
