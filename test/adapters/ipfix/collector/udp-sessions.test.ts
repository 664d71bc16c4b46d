import { describe, expect, it } from '@jest/globals';
import { MessageDecoder } from '../../../../src/adapters/formats/ipfix/decode/message-decoder.js';
import { PlanCache } from '../../../../src/adapters/formats/ipfix/decode/plan-cache.js';
import { UDP_LIFETIME_SECONDS, UdpSessions } from '../../../../src/adapters/ipfix/collector/udp-sessions.js';
import { Decoding } from '../../../support/decoding.js';
import { message, set, template } from '../../../support/ipfix-messages.js';

const TEMPLATE = message({}, set(2, template(256, ['sourceIPv4Address', 'destinationIPv4Address'])));
const HEADER = message({});

/** Sessions of up to three exporters, at second 1000 of the clock. */
function exporters(maxSessions = 3): {
  sessions: UdpSessions;
  plans: PlanCache;
  evictions: () => number;
  send: (address: string, port: number, bytes: Uint8Array) => void;
} {
  const plans = new PlanCache();
  let evictions = 0;
  const sessions = new UdpSessions(
    { maxSessions, limits: { maxTemplates: 10 }, plans, onEvicted: () => (evictions += 1) },
    1000,
  );
  const decoder = new MessageDecoder({ receive: () => undefined }, new Decoding(), plans);
  const send = (address: string, port: number, bytes: Uint8Array): void => {
    decoder.decode(sessions.heard(address, port), bytes, new DataView(bytes.buffer), 0, bytes.length);
    sessions.settle();
  };
  return { sessions, plans, evictions: () => evictions, send };
}

describe('sessions over UDP (RFC 7011 §10.3)', () => {
  it('are one for each address and port', () => {
    const { sessions } = exporters(10);
    const first = sessions.heard('10.0.0.1', 1);
    expect(sessions.heard('10.0.0.1', 2)).not.toBe(first);
    expect(sessions.heard('10.0.0.2', 1)).not.toBe(first);
    expect(sessions.heard('10.0.0.1', 1)).toBe(first);
    expect(sessions.size).toBe(3);
  });

  it('know the exporter by its address, IPv4 in four octets', () => {
    const { sessions } = exporters();
    expect(sessions.heard('::ffff:10.0.0.1', 7)).toMatchObject({
      peer: '10.0.0.1:7',
      address: Uint8Array.of(10, 0, 0, 1),
    });
    expect(sessions.heard('fe80::1%eth0', 7).address).toHaveLength(16);
  });

  it('end after 1800 s of silence', () => {
    const { sessions, plans, send } = exporters();
    send('10.0.0.1', 1, TEMPLATE);
    send('10.0.0.2', 1, HEADER);
    sessions.tick(1000 + UDP_LIFETIME_SECONDS - 1);
    send('10.0.0.2', 1, HEADER);
    sessions.tick(1000 + UDP_LIFETIME_SECONDS);
    expect(sessions.size).toBe(1);
    expect(plans.users).toBe(0);
  });

  it('lose a template that was not sent again for 1800 s (§8.4)', () => {
    const { sessions, plans, send } = exporters();
    send('10.0.0.1', 1, TEMPLATE);
    sessions.tick(2000);
    send('10.0.0.1', 1, HEADER);
    for (let tick = 0; tick < 60; tick++) sessions.tick(1000 + UDP_LIFETIME_SECONDS);
    expect(plans.users).toBe(1);
    for (let tick = 0; tick < 60; tick++) sessions.tick(1000 + UDP_LIFETIME_SECONDS + 1);
    expect(plans.users).toBe(0);
    expect(sessions.size).toBe(1);
  });

  it('are looked at for such templates a part at a time, each within 60 ticks', () => {
    const { sessions, plans, send } = exporters(600);
    for (let port = 1; port <= 600; port++) send('10.0.0.1', port, TEMPLATE);
    sessions.tick(2000);
    for (let port = 1; port <= 600; port++) send('10.0.0.1', port, HEADER);
    for (let tick = 1; tick <= 60; tick++) {
      sessions.tick(1000 + UDP_LIFETIME_SECONDS + 1);
      expect(plans.users).toBe(600 - tick * 10);
    }
  });

  it('keep what was sent again of several templates, and lose it in its time', () => {
    const { sessions, plans, send } = exporters();
    const other = message({}, set(2, template(257, ['sourceIPv4Address'])));
    const ticks = (now: number): void => {
      for (let tick = 0; tick < 60; tick++) sessions.tick(now);
    };
    send('10.0.0.1', 1, TEMPLATE);
    send('10.0.0.1', 1, other);
    ticks(2000);
    send('10.0.0.1', 1, other);
    ticks(1001 + UDP_LIFETIME_SECONDS);
    expect(plans.users).toBe(1);
    send('10.0.0.1', 1, HEADER);
    ticks(2001 + UDP_LIFETIME_SECONDS);
    expect(plans.users).toBe(0);
    expect(sessions.size).toBe(1);
  });

  it('keep a template that is sent again', () => {
    const { sessions, plans, send } = exporters();
    for (let now = 1000; now < 10_000; now += 600) {
      sessions.tick(now);
      expect(plans.users).toBe(now === 1000 ? 0 : 1);
      send('10.0.0.1', 1, TEMPLATE);
    }
  });

  it('at the limit: one that never sent a valid template makes room', () => {
    const { sessions, send, evictions } = exporters();
    send('10.0.0.1', 1, TEMPLATE);
    send('10.0.0.2', 1, HEADER);
    send('10.0.0.3', 1, TEMPLATE);
    const known = sessions.heard('10.0.0.1', 1);
    for (let port = 2; port < 50; port++) send('10.9.9.9', port, HEADER);
    expect(sessions.size).toBe(3);
    expect(evictions()).toBe(48);
    expect(sessions.heard('10.0.0.1', 1)).toBe(known);
  });

  it('at the limit of exporters that all sent templates: the one silent longest makes room', () => {
    const { sessions, plans, send } = exporters();
    for (const port of [1, 2, 3]) send('10.0.0.1', port, TEMPLATE);
    const second = sessions.heard('10.0.0.1', 2);
    send('10.0.0.1', 1, HEADER);
    send('10.0.0.1', 4, TEMPLATE);
    expect(plans.users).toBe(3);
    // The third was the one silent longest; the second is the next.
    expect(sessions.heard('10.0.0.1', 2)).toBe(second);
    expect(second.everHadTemplate).toBe(true);
  });

  it('count as having sent a template with the first valid one', () => {
    const { send, sessions } = exporters(1);
    send('10.0.0.1', 1, TEMPLATE);
    const first = sessions.heard('10.0.0.1', 1);
    send('10.0.0.2', 1, TEMPLATE);
    expect(sessions.heard('10.0.0.1', 1)).not.toBe(first);
    expect(sessions.size).toBe(1);
  });

  it('leave nothing behind when they are closed', () => {
    const { sessions, plans, send } = exporters();
    for (const port of [1, 2, 3]) send('10.0.0.1', port, port === 2 ? HEADER : TEMPLATE);
    sessions.close();
    expect(sessions.size).toBe(0);
    expect(plans).toMatchObject({ size: 0, users: 0 });
  });
});
