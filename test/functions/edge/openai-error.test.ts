// Errors under /v1, as OpenAI's clients read them.
import { describe, expect, it } from 'vitest';

import { openaiError, openaiHeaders } from '#functions/edge/openai-error.ts';
import { AppError, type ErrorCode, type ErrorDetails } from '#shared/core/errors.ts';

const told = (code: ErrorCode, details: ErrorDetails = {}) => {
  const error = new AppError(code, 'It failed.', details);
  return { ...openaiError(error, 'r1').error, retry: openaiHeaders(error, 'r1')['x-should-retry'] };
};

describe('D8: a client that repeats a 429 unasked', () => {
  it.each([
    ['budget_exceeded', {}],
    ['quota_exceeded', {}],
    ['rate_limited', { client_code: 'insufficient_quota' }],
  ] as const)('is told not to where nothing is left: %s', (code, details) => {
    expect(told(code, details)).toMatchObject({ retry: 'false', type: 'insufficient_quota' });
  });
  it('may do so where waiting helps', () => {
    expect(told('rate_limited').retry).toBeUndefined();
    expect(told('upstream_failed').retry).toBeUndefined();
  });
});

describe('an error of a provider', () => {
  it('keeps the code that clients branch on, ours beside it, and marks the provider’s words', () => {
    const details = {
      client_code: 'context_length_exceeded',
      provider: 'openai',
      provider_message: 'Too long.',
      provider_param: 'messages',
      upstream_status: 400,
    };
    expect(told('upstream_refused', details)).toMatchObject({
      code: 'context_length_exceeded',
      portunus_code: 'upstream_refused',
      param: 'messages',
      provider_message: 'Too long.',
      provider_status: 400,
      message: expect.stringMatching(/^It failed\. The provider's message: "Too long\." /),
    });
  });
});
