// A caller may paste a key where a field's name, a model or a text belongs: an error that quotes it does not repeat it.
import { describe, expect, it } from 'vitest';

import { AppError } from '#shared/core/errors.ts';
import { factsOf } from '#shared/providers/catalog.ts';
import { headerNames } from '#shared/providers/dropped-fields.ts';
import { rejectionIn } from '#shared/providers/provider-error.ts';

import { adapter } from './translated.ts';

const KEYS = [
  'sk-proj-1z84ytr0b9g096kgiugqp54duqq0ibaj',
  'sk-ant-api03-1z84ytr0b9g096kgiugqp54d',
  'AIzaSyA1z84ytr0b9g096kgiugqp54duqq0iba',
  'ghp_1z84ytr0b9g096kgiugqp54duqq0ibajqga6',
  'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl',
];

function detailsOf(error: object): AppError['details'] {
  const body = new TextEncoder().encode(JSON.stringify({ error }));
  try {
    rejectionIn({ status: 400, headers: {}, body }, factsOf('openai'), adapter('openai'));
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown.details;
  }
  throw new Error('Nothing was rejected.');
}

describe('an error that quotes a key of the caller', () => {
  it.each(KEYS)("shows the provider's words without %s", (key) => {
    const details = detailsOf({ message: `Unrecognized request argument supplied: ${key}`, param: key });
    expect(details['provider_message']).toMatch(
      /^Unrecognized request argument supplied: \[(?:key|token)\]$/,
    );
    expect(JSON.stringify(details)).not.toContain(key.slice(4, 16));
  });

  it.each(KEYS)('names a dropped field without %s', (key) => {
    expect(headerNames([key, `tools.${key}`, 'top_k'])).toEqual(['a field without a plain name', 'top_k']);
  });

  it('leaves other words and names as they are', () => {
    const said = { message: 'Unknown parameter: task-skill-level-of-detail', param: 'messages[0].role' };
    expect(detailsOf(said)).toMatchObject({ provider_message: said.message, provider_param: said.param });
    expect(headerNames(['response_format', 'task'])).toEqual(['response_format', 'task']);
  });
});
