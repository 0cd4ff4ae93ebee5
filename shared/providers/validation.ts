// Does the provider take this key, and what may it do? Asked by listing models, which costs nothing.
import type { Deadline } from '#shared/core/deadline.ts';
import { AppError } from '#shared/core/errors.ts';
import type { Secret } from '#shared/core/secret.ts';
import type { Egress, EgressResponse } from '#shared/egress/egress.ts';
import type { Validation } from '#shared/vault/stored-key.ts';

import { readAnswer } from './answer.ts';
import { keyUrlOf, type ProviderFacts } from './catalog.ts';
import { type KeyDialect, MODEL_NAME } from './chat.ts';
import { keyDialectFor } from './key-dialects.ts';
import { errorIn, rejectsKey } from './provider-error.ts';

/** Longest wait for the provider when a key is saved. */
const DEADLINE_MS = 3000;
const MAX_MODELS = 100;

export type AskProvider = (request: {
  readonly facts: ProviderFacts;
  readonly secret: Secret;
  /** Destination of the key, if not its provider's own origin. */
  readonly origin: string;
  readonly deadline: Deadline;
}) => Promise<Validation>;

/** Undefined where the answer is not a list of models: something answered, but not as the provider does. */
function modelsIn(response: EgressResponse, secret: Secret, { models }: KeyDialect): string[] | undefined {
  try {
    const names = readAnswer(response, secret, models).filter((id) => MODEL_NAME.test(id));
    return [...new Set(names)].toSorted().slice(0, MAX_MODELS);
  } catch {
    return undefined; // no matter why: the text may quote the key
  }
}

function validationOutcome(
  response: EgressResponse,
  secret: Secret,
  dialect: KeyDialect,
): Omit<Validation, 'checkedAt'> {
  const { status } = response;
  if (status === 403 || rejectsKey(status, errorIn(response), dialect)) return { outcome: 'rejected' };
  const models = status === 200 ? modelsIn(response, secret, dialect) : undefined;
  return models ? { outcome: 'valid', models } : { outcome: 'unreachable' };
}

export function createAskProvider(ports: {
  egress: Pick<Egress, 'send'>;
  /** Origin per provider, from the stage's configuration: no request can name another. */
  origins: Readonly<Record<string, string>>;
  now: () => number;
}): AskProvider {
  const { egress, origins, now } = ports;

  /** Undefined: no answer. The guard's own rejections pass through. */
  const send = async (request: Parameters<Egress['send']>[0]): Promise<EgressResponse | undefined> => {
    try {
      return await egress.send(request);
    } catch (error) {
      if (error instanceof AppError && error.code.startsWith('upstream_')) return undefined;
      throw error;
    }
  };

  return async ({ facts, secret, origin, deadline }) => {
    const dialect = keyDialectFor(facts.id);
    const configured = origins[facts.id];
    if (!dialect || !(origin || configured))
      throw new AppError('unavailable', `${facts.title} is not configured on this stage.`);
    const checkedAt = new Date(now()).toISOString();
    if (dialect.modelsPath === undefined) return { outcome: 'unreachable', checkedAt };
    const response = await send({
      url: `${origin || configured}${dialect.modelsPath}`,
      method: 'GET',
      headers: { accept: 'application/json', ...dialect.headers(secret) },
      signal: deadline.signal,
      deadlineMs: Math.min(DEADLINE_MS, deadline.remainingMs()),
    });
    return {
      ...(response ? validationOutcome(response, secret, dialect) : { outcome: 'unreachable' as const }),
      checkedAt,
    };
  };
}

/** @throws {AppError} `key_rejected` for a key that its provider does not take: it must not be kept as if it did */
export function assertNotRejected({ outcome }: Validation, facts: ProviderFacts): void {
  const { id, title, keyPage } = facts;
  if (outcome !== 'rejected') return;
  throw new AppError('key_rejected', `${title} rejected this key. Nothing was stored.`, {
    next_step: `Copy a working key from ${keyPage}; a restricted one needs permission to list models.`,
    ...keyUrlOf(facts),
    provider: id,
  });
}
