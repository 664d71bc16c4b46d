import { RequiredWhenEnabled } from '../../../src/infrastructure/configuration/checks.js';
import { OwnKey } from '../../../src/infrastructure/configuration/key.js';
import { duration, flag, listOf, text, url } from '../../../src/infrastructure/configuration/kinds.js';
import type { WebhookOptions } from './webhook-sink.js';

/** webhook: flows that are posted to a URL. */
export class WebhookSection {
  @OwnKey(flag, { default: false, doc: 'Posts flows to a URL, a JSON object a line.' })
  enable!: boolean;

  @OwnKey(url, { default: '', doc: 'Where flows are posted to, http: or https:.' })
  @RequiredWhenEnabled('an http: or https: URL')
  url!: string;

  @OwnKey(listOf(text), { default: [], doc: 'Namespaces whose flows are posted; those of all if the list is empty.' })
  namespaces!: readonly string[];

  @OwnKey(duration, { default: 30_000, doc: 'How long the server may take to answer.' })
  timeout!: number;
}

/** What the sink is told of its section. */
export function webhookOptionsOf({ url, namespaces, timeout }: WebhookSection): WebhookOptions {
  return { url, namespaces, timeoutMs: timeout };
}
