// Keys of hosted servers with OpenAI's API.
import * as z from 'zod';

import type { KeyDialect } from '#shared/providers/chat.ts';
import { openaiKey } from '#shared/providers/openai-key.ts';

import { type Host, HOSTS } from './hosts.ts';

/** Together lists its models without an object around them. */
const BareModels = z.array(z.object({ id: z.string() }));

const OWN: Readonly<Partial<Record<Host, Partial<KeyDialect>>>> = {
  // The list of all models is public: only this one says whether the key is known.
  openrouter: { modelsPath: '/api/v1/models/user' },
  together: { models: (answer) => BareModels.parse(answer).map(({ id }) => id) },
  // It lists what can be deployed; a call names a deployment.
  azure: { headers: (secret) => ({ 'api-key': secret.reveal() }), models: () => [] },
};

export const hostKey = (host: Host): KeyDialect => ({ ...openaiKey(HOSTS[host].base), ...OWN[host] });
