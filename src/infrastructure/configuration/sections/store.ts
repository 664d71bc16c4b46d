import { AtLeast, ComesLater } from '../checks.js';
import { OwnKey } from '../key.js';
import { duration, flag, size } from '../kinds.js';
import { formatDuration } from '../values/duration.js';

/** store: flows kept by Weir itself. */
export class StoreSection {
  @OwnKey(flag, { default: false, doc: 'Keeps flows in an embedded ClickHouse, in dataDirectory.' })
  @ComesLater((value) => value === true, 'the embedded store comes', 'set store.enable to false')
  enable!: boolean;

  @OwnKey(duration, { default: 168 * 3_600_000, doc: 'Age at which flows are deleted; 0 keeps them.' })
  @AtLeast(1000, formatDuration, { orZero: true })
  retention!: number;

  @OwnKey(size, { default: 10 * 2 ** 30, doc: 'Bytes on disk above which the oldest days are deleted; 0 is no limit.' })
  maxSize!: number;
}
