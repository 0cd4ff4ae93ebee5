// Records of incidents that no caller reports: outages of upstreams, and changed entries of the cache.
import { describe, expect, it } from 'vitest';

import { PUBLIC_SCOPE } from '#shared/cache/store.ts';
import { PROVIDERS } from '#shared/resilience/availability.ts';
import type { Outage } from '#shared/resilience/circuit-state.ts';
import type { Transition } from '#shared/resilience/outage-handler.ts';
import { createReportCacheTampering } from '#shared/services/cache-tampering.ts';
import { createOutageAnnouncements } from '#shared/services/outage-announcements.ts';
import { principalNamed } from '#test/support/callers.ts';
import { createMemoryAudit } from '#test/support/memory-audit.ts';

const NOW = Date.UTC(2026, 10, 28, 9);
const alice = principalNamed('alice');

type Given = { kind?: Transition['kind']; group?: string; outage?: Partial<Outage> };

/** The records and notices of an outage that began five minutes ago. */
async function announced({ kind = 'opened', group = PROVIDERS, outage = {} }: Given) {
  const memory = createMemoryAudit();
  const announce = createOutageAnnouncements({ ...memory, now: () => NOW });
  const began = {
    since: NOW - 300_000,
    reason: 'upstream_timeout',
    retryAt: NOW,
    failedProbes: 0,
    ...outage,
  };
  const breaker = { outage: began } as Transition['breaker'];
  const target = { group, name: 'openai', provider: 'openai', title: 'OpenAI' };
  await memory.commit(announce({ target, kind, breaker, call: { owner: alice.ownerId, requestId: 'r1' } }));
  return { ...memory, circuit: memory.drafts.find(({ act }) => act.startsWith('circuit.')) };
}

describe('the announcement of an outage', () => {
  it('of a provider is a record without an owner, with its reason and without a notice', async () => {
    const { drafts, raised } = await announced({});
    expect(raised).toEqual([]);
    expect(drafts).toEqual([
      {
        ownerId: 'anonymous',
        category: 'system',
        act: 'circuit.opened',
        target: 'openai',
        result: 'succeeded',
        requestId: 'r1',
        meta: { provider: 'openai', reason: 'upstream_timeout' },
      },
    ]);
  });

  it.each([
    ['of a provider for one owner', { outage: { onlyFor: alice.ownerId } }, alice.ownerId],
    ["of an owner's own upstream", { group: alice.ownerId }, alice.ownerId],
    ['of a shared upstream', { group: 'shared' }, 'anonymous'],
  ])('%s is recorded for those it concerns', async (_name, given, ownerId) => {
    expect((await announced(given)).circuit).toMatchObject({ ownerId });
  });

  it('that is over has its duration, and a notice to the caller who met the recovery', async () => {
    const { circuit, raised } = await announced({ kind: 'closed' });
    expect(circuit).toMatchObject({ act: 'circuit.closed', meta: { age_seconds: 300 } });
    expect(raised).toMatchObject([{ kind: 'upstream_recovered', subject: 'openai' }]);
    expect(raised[0]?.text).toContain('after 5 min');
  });

  it('that was shorter than a minute is recorded without a notice', async () => {
    const { circuit, raised } = await announced({ kind: 'closed', outage: { since: NOW - 59_000 } });
    expect([circuit?.act, raised]).toEqual(['circuit.closed', []]);
  });
});

const reported = async (scope: string) => {
  const { audit, drafts } = createMemoryAudit();
  await createReportCacheTampering({ audit })({ scope, tool: 'crm__find', requestId: 'r1' });
  return drafts[0];
};

describe('a changed entry of the cache', () => {
  it('is recorded as critical for the owner of the entry, with the tool', async () => {
    expect(await reported(alice.ownerId)).toMatchObject({
      ownerId: alice.ownerId,
      act: 'cache.tampered',
      target: 'crm__find',
      requestId: 'r1',
      meta: { severity: 'critical' },
    });
  });

  it('that is public has no owner', async () => {
    expect(await reported(PUBLIC_SCOPE)).toMatchObject({ ownerId: 'anonymous' });
  });
});
