import type { Container } from 'inversify';
import type { Clock } from '../../../src/application/ports/clock.js';
import type { FlowSink } from '../../../src/application/ports/flow-sink.js';
import { APPLICATION } from '../../../src/application/symbols.js';
import { Section } from '../../../src/infrastructure/configuration/key.js';
import { WeirConfiguration } from '../../../src/infrastructure/configuration/weir-configuration.js';
import { WebhookSection, webhookOptionsOf } from './webhook-section.js';
import { WebhookSink } from './webhook-sink.js';

// In Weir's own tree this is a property of WeirConfiguration, with the same decorator.
Section(WebhookSection, 'Flows that are posted to a URL.')(WeirConfiguration.prototype, 'webhook');

/** Adds the webhook, if the configuration enables it, to the sinks that a container makes once it is asked for them. */
export function addWebhook(container: Container, configuration: WeirConfiguration): void {
  const { webhook } = configuration as WeirConfiguration & { readonly webhook: WebhookSection };
  if (!webhook.enable) return;
  container.onActivation<FlowSink<unknown>[]>(APPLICATION.FlowSinks, (context, sinks) => [
    ...sinks,
    new WebhookSink(webhookOptionsOf(webhook), context.get<Clock>(APPLICATION.Clock)),
  ]);
}
