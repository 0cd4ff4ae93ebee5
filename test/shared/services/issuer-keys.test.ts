// Signing keys of issuers: fetched through egress, and saved sealed for starts while the issuer is down.
import { describe, expect, it } from 'vitest';

import type { AuditDraft } from '#shared/audit/audit.ts';
import { AppError } from '#shared/core/errors.ts';
import { sealedRows } from '#shared/crypto/sealed-row.ts';
import type { EgressRequest } from '#shared/egress/egress.ts';
import { createFetchJwks } from '#shared/services/fetch-jwks.ts';
import { createFindSavedKeys, createSaveIssuerKeys } from '#shared/services/issuer-keys.ts';

const NOW = Date.UTC(2026, 10, 28);
const DAY_MS = 86_400_000;
const URI = 'https://issuer.example/keys';
const OTHER = 'https://other.example/keys';
const JWKS = { keys: [{ kty: 'EC', crv: 'P-256', kid: 'one', x: 'x', y: 'y' }] };

type Row = { at: number; sealed: Uint8Array; until?: number };

function given(fetched: (uri: string) => unknown = () => JWKS) {
  const rows = new Map<string, Row>();
  const drafts: AuditDraft[] = [];
  const ports = {
    store: {
      find: async (uri: string) => rows.get(uri),
      save: async (uri: string, row: Row) => void rows.set(uri, row),
    },
    rows: async () => sealedRows(new Uint8Array(32).fill(7)),
    now: () => NOW,
  };
  const failures: unknown[] = [];
  const save = createSaveIssuerKeys({ ...ports, uris: [URI, OTHER], fetchJwks: async (uri) => fetched(uri) });
  const find = createFindSavedKeys({
    ...ports,
    recordRejection: async (draft) => void drafts.push(draft),
    newRequestId: () => 'new-id',
  });
  return { rows, drafts, failures, find, save: () => save((error) => void failures.push(error)) };
}

describe('the signing keys of issuers', () => {
  it('are saved for each issuer, sealed, for a day', async () => {
    const { save, rows, failures } = given();
    expect(await save()).toEqual({ saved: 2, kept: 0 });
    expect(failures).toEqual([]);
    const { at, until, sealed } = rows.get(URI) ?? { sealed: new Uint8Array() };
    expect([at, until]).toEqual([NOW, NOW + DAY_MS]);
    expect(Buffer.from(sealed).toString('latin1')).not.toContain('P-256');
  });

  it('are found as they were saved, with the time of their retrieval', async () => {
    const { save, find } = given();
    await save();
    expect(await find(URI)).toEqual({ jwks: JWKS, at: NOW });
    expect(await find('https://unknown.example/keys')).toBeUndefined();
  });

  it.each([
    ['an issuer that is down', () => Promise.reject(new AppError('unavailable'))],
    ['an issuer without usable keys', () => ({ keys: [{ kty: 'oct', k: 'secret' }] })],
    ['an issuer that returns something else', () => '<html>'],
  ])('of %s stay as they were saved, and the others are saved', async (_name, answer) => {
    const { save, rows, failures } = given((uri) => (uri === URI ? answer() : JWKS));
    const before = { at: 1, sealed: Uint8Array.of(1) };
    rows.set(URI, before);
    expect(await save()).toEqual({ saved: 1, kept: 1 });
    expect(rows.get(URI)).toBe(before);
    expect(failures).toMatchObject([{ code: 'unavailable' }]);
  });

  it.each([
    ['moved from another issuer', (rows: Map<string, Row>) => rows.set(URI, rows.get(OTHER) as Row)],
    ['made younger', (rows: Map<string, Row>) => rows.set(URI, { ...(rows.get(URI) as Row), at: NOW + 1 })],
    [
      'written without the key of the seal',
      (rows: Map<string, Row>) => rows.set(URI, { at: NOW, sealed: new Uint8Array(80) }),
    ],
  ])('in a row that was %s are rejected, and the attempt is recorded', async (_name, forge) => {
    const { save, find, rows, drafts } = given();
    await save();
    forge(rows);
    await expect(find(URI)).rejects.toMatchObject({ code: 'integrity_failed' });
    expect(drafts).toEqual([
      {
        ownerId: 'anonymous',
        category: 'system',
        act: 'issuer_keys.refused',
        target: 'issuer.example',
        result: 'refused',
        code: 'integrity_failed',
        requestId: 'new-id',
      },
    ]);
  });
});

const fetchWith = (status: number, text: string) => {
  const sent: EgressRequest[] = [];
  const egress = async () => ({
    async send(request: EgressRequest) {
      sent.push(request);
      return { status, headers: {}, body: new TextEncoder().encode(text) };
    },
  });
  return { sent, run: () => createFetchJwks(egress)(URI) };
};

describe('a fetch of signing keys', () => {
  it('is a GET within two seconds, and returns the document', async () => {
    const { run, sent } = fetchWith(200, JSON.stringify(JWKS));
    expect(await run()).toEqual(JWKS);
    expect(sent).toMatchObject([{ url: URI, method: 'GET', deadlineMs: 2000 }]);
  });

  it.each([204, 302, 404, 500])('that is answered with status %i fails', async (status) => {
    await expect(fetchWith(status, JSON.stringify(JWKS)).run()).rejects.toMatchObject({
      code: 'unavailable',
    });
  });
});
