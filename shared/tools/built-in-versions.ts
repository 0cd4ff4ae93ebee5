// Hashes of what decides the form of a result of each built-in tool. Evaluated by the bundler, as built-in-list.ts is.
import { createHash } from 'node:crypto';

import { canonicalJson } from '#shared/core/canonical-json.ts';

import { MODEL_TOOLS, TOOLS } from './registry.ts';
import { writeSchemas } from './tool-schemas.ts';

export const BUILT_IN_VERSIONS: Readonly<Record<string, string>> = Object.fromEntries(
  [...TOOLS, ...MODEL_TOOLS]
    .filter(({ cache }) => cache)
    .map((tool) => [
      tool.name,
      createHash('sha256')
        .update(canonicalJson(writeSchemas(tool)))
        .digest('base64url'),
    ]),
);
