// Schemas made of every keyword and every kind of value: whatever is accepted can be applied to anything, and gives a verdict.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { JsonSchema } from '#shared/tools/registered.ts';
import { createRemovals } from '#shared/registered-tools/removals.ts';
import { lintSchema } from '#shared/registered-tools/schema-lint.ts';
import { checkSchema, validatorOf } from '#shared/registered-tools/validator.ts';

const KEYWORDS = (
  '$anchor $async $comment $defs $dynamicAnchor $dynamicRef $id $recursiveAnchor $recursiveRef $ref $schema $vocabulary ' +
  'additionalItems additionalProperties allOf anyOf const contains contentEncoding contentMediaType contentSchema default ' +
  'definitions dependencies dependentRequired dependentSchemas deprecated description discriminator else enum examples ' +
  'exclusiveMaximum exclusiveMinimum format formatMaximum id if items maxContains maxItems maxLength maxProperties maximum ' +
  'minContains minItems minLength minProperties minimum multipleOf not nullable oneOf pattern patternProperties prefixItems ' +
  'properties propertyNames readOnly required strict then title type unevaluatedItems unevaluatedProperties uniqueItems ' +
  'writeOnly x-order instanceof typeof transform'
).split(' ');
const TYPES = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'];

const name = fc.constantFrom('a', 'b', 'toString', '', 'x/y', '~', 'length', '0');
const pointer = fc
  .array(
    fc.constantFrom('$defs', 'definitions', 'properties', 'items', 'anyOf', 'a', 'b', '0', '', '~1', '%'),
    {
      maxLength: 4,
    },
  )
  .map((steps) => ['#', ...steps].join('/'));
const scalar = fc.oneof(
  fc.constantFrom(...TYPES),
  pointer,
  fc.constantFrom(null, true, false, 0, 1, -1, 0.5, 1e300, 1e-300, -0, 2 ** 53),
  fc.constantFrom('^a+$', '(', '', '\ud800', 'a', '#', '#/', '$'),
);

const { schema } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(name, tie('any')),
  ),
  any: fc.oneof(tie('value'), tie('schema')),
  fitting: fc.oneof(
    fc.record({ type: fc.oneof(fc.constantFrom(...TYPES), fc.subarray(TYPES)) }),
    fc.record({ properties: fc.dictionary(name, tie('schema'), { maxKeys: 3 }) }),
    fc.record({ $defs: fc.dictionary(name, tie('schema'), { maxKeys: 3 }) }),
    fc.record({ $ref: pointer }),
    fc.record({ items: tie('schema') }, { requiredKeys: [] }),
    fc.record({ anyOf: fc.array(tie('schema'), { maxLength: 3 }) }),
    fc.record(
      { enum: fc.array(tie('value'), { maxLength: 3 }), nullable: fc.boolean() },
      { requiredKeys: [] },
    ),
    fc.record({ required: fc.uniqueArray(name, { maxLength: 3 }) }),
    fc.record(
      { minLength: fc.integer(), maxItems: fc.integer(), multipleOf: fc.double() },
      { requiredKeys: [] },
    ),
    fc.record(
      { uniqueItems: fc.boolean(), contains: tie('schema'), minContains: fc.nat(3) },
      { requiredKeys: [] },
    ),
    fc.record({ unevaluatedProperties: tie('schema'), propertyNames: tie('schema') }, { requiredKeys: [] }),
    fc.record({ if: tie('schema'), else: tie('schema'), not: tie('schema') }, { requiredKeys: [] }),
  ),
  schema: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.boolean(),
    fc
      .tuple(tie('fitting'), tie('fitting'))
      .map(([one, other]) => ({ ...(one as object), ...(other as object) })),
    fc.dictionary(fc.constantFrom(...KEYWORDS), tie('any'), { maxKeys: 3 }),
  ),
}));
const root = schema.map((given) => ({ ...(typeof given === 'object' ? given : {}), type: 'object' }));

const REJECTION = { code: 'invalid_input', details: { issues: [{ path: 'input_schema' }] } };

/** The schema as it was accepted, or the error that rejected it. */
function judged(given: unknown): { readonly clean: JsonSchema } | { readonly error: unknown } {
  try {
    const clean = lintSchema(given, 'input_schema', createRemovals());
    checkSchema(clean, 'input_schema');
    return { clean };
  } catch (error) {
    return { error };
  }
}

describe('a schema of any keywords', () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  beforeAll(() => void process.on('unhandledRejection', note));
  afterAll(() => void process.off('unhandledRejection', note));

  it('is rejected with a reason, or gives a verdict on every value, at once and without a rejection left over', async () => {
    let count = 0;
    fc.assert(
      fc.property(root, fc.array(fc.jsonValue(), { maxLength: 4 }), (given, values) => {
        const judgement = judged(given);
        expect(judgement).toMatchObject('error' in judgement ? { error: REJECTION } : { clean: {} });
        fc.pre('clean' in judgement);
        count += 1;
        const check = validatorOf(judgement.clean);
        for (const value of [{}, { a: 'a', b: [1, 1] }, ...values])
          expect(check(value)).toBeInstanceOf(Array);
      }),
      { numRuns: 600 },
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).toEqual([]);
    expect(count).toBeGreaterThan(500); // the property is about schemas that are accepted
  });

  it('is accepted again as what the first acceptance made of it', () => {
    let count = 0;
    fc.assert(
      fc.property(root, (given) => {
        const first = judged(given);
        fc.pre('clean' in first);
        count += 1;
        expect(judged(first.clean)).toEqual(first);
      }),
      { numRuns: 200 },
    );
    expect(count).toBeGreaterThan(100);
  });

  it('whose validator does not answer with true or false is a bug, and takes nothing for valid', async () => {
    for (const stored of [
      { $async: true, type: 'object', required: ['a'] },
      { $async: true, type: 'object' },
    ]) {
      expect(() => validatorOf(stored)({})).toThrow(expect.objectContaining({ code: 'internal' }));
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).toEqual([]);
  });

  it('that was stored by older rules and cannot be compiled makes its tool inactive, not the service', () => {
    for (const stored of [{ enum: [] }, { properties: { a: { nullable: true } } }, { id: 'x' }]) {
      expect(() => validatorOf(stored)({})).toThrow(expect.objectContaining({ code: 'tool_inactive' }));
    }
  });
});
