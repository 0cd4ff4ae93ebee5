// Saved signing keys of issuers. A file of its own: the authorizer loads it only while an issuer is unreachable.
import { dynamo } from '#shared/aws/dynamo.ts';
import { issuerKeyTable } from '#shared/aws/issuer-key-table.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { newUlid } from '#shared/core/ulid.ts';
import { sealedRows } from '#shared/crypto/sealed-row.ts';
import { createFindSavedKeys, createSaveIssuerKeys } from '#shared/services/issuer-keys.ts';

import { recordRejection } from './audit.ts';
import { issuers } from './configuration.ts';
import { fetchJwks } from './issuers.ts';
import { issuerKeySealingKey } from './stage-secret.ts';

const ports = () => ({
  store: issuerKeyTable(dynamo(), env('CONTROL_TABLE')),
  rows: async () => sealedRows(await issuerKeySealingKey('issuer-keys')),
  now: Date.now,
});

/** Needs `issuer-keys:read`, `audit:write`. */
export const findSavedKeys = /* @__PURE__ */ lazy(() =>
  createFindSavedKeys({
    ...ports(),
    recordRejection: recordRejection(),
    newRequestId: () => newUlid(Date.now()),
  }),
);

/** Needs `issuers:read`, `issuer-keys:save`. */
export const saveIssuerKeys = /* @__PURE__ */ lazy(() =>
  createSaveIssuerKeys({ ...ports(), uris: issuers().map(({ jwksUri }) => jwksUri), fetchJwks }),
);
