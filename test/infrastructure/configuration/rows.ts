import { COLLECTOR_ROWS } from './rows/collector-rows.js';
import { LABEL_ROWS } from './rows/label-rows.js';
import { OWN_ROWS } from './rows/own-rows.js';
import type { Row } from './rows/row.js';
import { SINK_ROWS } from './rows/sink-rows.js';
import { TOP_ROWS } from './rows/top-rows.js';

/** Every key of the configuration by its path, what it is without being set, and what becomes of what one writes. */
export const ROWS: Readonly<Record<string, Row>> = {
  ...TOP_ROWS,
  ...COLLECTOR_ROWS,
  ...SINK_ROWS,
  ...OWN_ROWS,
  ...LABEL_ROWS,
};
