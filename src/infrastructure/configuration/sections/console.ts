import { check, NoEffectYet, Required } from '../checks.js';
import { OwnKey } from '../key.js';
import { flag, listenAddress, text } from '../kinds.js';
import { isLoopback, parseListenAddress } from '../values/network-address.js';
import { quoted } from '../values/quoted.js';

/** Whoever reaches the console reads all flows. */
function TokenBeyondLoopback(): PropertyDecorator {
  return check(
    'tokenBeyondLoopback',
    'error',
    (value, section) => {
      const { enable, tokenFile } = section as ConsoleSection;
      const address = parseListenAddress(value as string);
      return !enable || tokenFile !== '' || address === undefined || isLoopback(address.host);
    },
    (value) =>
      `${quoted(value as string)} can be reached from other machines and console.tokenFile is empty; accepted is a loopback address such as 127.0.0.1:8080, or a console.tokenFile`,
  );
}

/** console: the query API and the web console. */
export class ConsoleSection {
  @OwnKey(flag, { default: false, doc: 'Serves the query API (`/api/v1`) and the web console.' })
  @NoEffectYet((value) => value === true, 'the console comes', 'nothing listens for it until then')
  enable!: boolean;

  @OwnKey(listenAddress, {
    default: '127.0.0.1:8080',
    doc: 'Where it listens; on anything but loopback it needs a tokenFile.',
  })
  @Required(listenAddress.accepts)
  @TokenBeyondLoopback()
  listen!: string;

  @OwnKey(text, { default: '', doc: 'File with the token that clients must show; "" asks for none.' })
  tokenFile!: string;
}
