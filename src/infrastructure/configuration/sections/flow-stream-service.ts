import { NoEffectYet } from '../checks.js';
import { Key } from '../key.js';
import { flag } from '../kinds.js';

/** flowStreamService: flows streamed to clients over gRPC. */
export class FlowStreamServiceSection {
  @Key(flag, { default: false, doc: 'Streams flows to clients that ask for them.' })
  @NoEffectYet((value) => value === true, 'the live stream comes', 'nobody can connect to it until then')
  enable!: boolean;
}
