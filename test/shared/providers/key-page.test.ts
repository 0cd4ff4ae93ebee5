// A `url` is opened by clients: it is a URL or it is not there.
import type { ServerContext } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';

import { deadlineIn } from '#shared/core/deadline.ts';
import { AppError } from '#shared/core/errors.ts';
import type { Kid, OwnerId } from '#shared/core/ids.ts';
import { orAskForKey } from '#shared/mcp/ask-key.ts';
import { CATALOG } from '#shared/providers/catalog.ts';
import { noKey, notUsable } from '#shared/providers/missing-key.ts';
import { assertNotRejected } from '#shared/providers/validation.ts';
import { expiryNotice } from '#shared/vault/expiry.ts';

const kid = 'k'.repeat(22) as Kid;
const ownerId = 'u'.repeat(27) as OwnerId;
const NOW = '2026-11-28T00:00:00.000Z';
const KEY_ENDS = ['frozen', 'expired', 'invalid'] as const;

const thrown = (work: () => void): AppError => {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('Nothing was thrown.');
};

const PROVIDERS = CATALOG.map(({ id }) => id);

describe('the page of a provider', () => {
  it.each(CATALOG)('$id is a URL wherever an error or a notice names one', (facts) => {
    const errors = [
      noKey(facts.id, undefined),
      ...KEY_ENDS.map((because) => notUsable({ provider: facts.id, kid, because })),
      thrown(() => assertNotRejected({ outcome: 'rejected', checkedAt: NOW }, facts)),
    ];
    const notice = expiryNotice(
      {
        ownerId,
        provider: facts.id,
        kid,
        last4: 'abcd',
        version: 1,
        status: 'active',
        kind: 'api_key',
        expiresAt: NOW,
      },
      '30d',
      facts,
    );
    const urls = [...errors.map(({ details }) => details.url), notice.url];
    for (const url of urls) expect(url === undefined || URL.parse(url)?.protocol === 'https:').toBe(true);
    expect(errors[0]?.details.next_step).toContain(facts.keyPage);
  });

  it.each(PROVIDERS)('%s is shown to a client that can show pages only if it is a page', async (provider) => {
    const ctx = {
      mcpReq: {
        envelope: { 'io.modelcontextprotocol/clientCapabilities': { elicitation: { url: {} } } },
      },
    } as unknown as ServerContext;
    const error = noKey(provider, undefined);
    const first = { ok: false, error } as const;
    const asked = await orAskForKey(first, async () => first, { ctx, deadline: deadlineIn(10_000) });
    const shown = 'question' in asked ? JSON.stringify(asked.question) : 'nothing';
    expect(shown).toMatch(provider === 'compatible' ? /^nothing$/ : /"url":"https:/);
  });
});
