// Schemas from outside, applied. Each has a validator of its own, so that none can loosen another's by sharing a name.
import { Ajv2020 } from 'ajv/dist/2020.js';

import { AppError } from '#shared/core/errors.ts';
import { canonicalJson } from '#shared/core/canonical-json.ts';
import { once } from '#shared/core/once.ts';
import type { JsonSchema } from '#shared/tools/registered.ts';

import { linearPatterns } from './pattern.ts';

export type Issue = { readonly path: string; readonly message: string };
/** What is wrong with a value, by path and rule, never by value. */
export type Validator = (value: unknown) => readonly Issue[];

const MAX_KEPT = 100;

/** As in RFC 8785 two equal values are one text: ajv's own comparison of each with each is quadratic. */
const areUnique = (unique: boolean, items: readonly unknown[]): boolean =>
  !unique || new Set(items.map(canonicalJson)).size === items.length;

function engine(): Ajv2020 {
  const ajv = new Ajv2020({
    strict: false,
    logger: false,
    ownProperties: true,
    validateFormats: false,
    addUsedSchema: false,
    inlineRefs: false,
    meta: false,
    validateSchema: false,
    code: { regExp: linearPatterns },
  });
  ajv.removeKeyword('uniqueItems');
  return ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: areUnique,
    error: { message: 'must NOT have duplicate items' },
  });
}

function compile(schema: JsonSchema): Validator {
  const validate = engine().compile(schema);
  return (value) => {
    if (validate(value)) return [];
    return (validate.errors ?? []).slice(0, 20).map(({ instancePath, keyword, params }) => {
      const missing = keyword === 'required' ? String(params['missingProperty']) : '';
      return {
        path: [...instancePath.split('/').slice(1), missing].filter((step) => step !== '').join('.'),
        message: MESSAGES[keyword] ?? `breaks the rule ${keyword} of its schema`,
      };
    });
  };
}

const MESSAGES: Readonly<Record<string, string>> = {
  required: 'is missing',
  additionalProperties: 'has a field that is not known here',
  unevaluatedProperties: 'has a field that is not known here',
  type: 'has the wrong type',
  enum: 'is none of the allowed values',
  const: 'is none of the allowed values',
  pattern: 'does not have the required form',
};

const kept = new Map<string, Validator>();

/** Compiled once per instance and content. */
export function validatorOf(schema: JsonSchema): Validator {
  const name = canonicalJson(schema);
  const known = kept.get(name);
  if (known) return known;
  const made = compile(schema);
  const [oldest] = kept.keys();
  if (kept.size >= MAX_KEPT && oldest !== undefined) kept.delete(oldest);
  kept.set(name, made);
  return made;
}

/** The schema of schemas, which takes the longest to compile. */
const rules = once(() => new Ajv2020({ strict: false, logger: false, validateFormats: false }));
/** Compiled before work that may be ended anywhere: what is kept must not be half of it. */
export const prepare = (): void => void isSchema({});
const isSchema = (schema: JsonSchema): boolean => rules().validateSchema(schema) === true;

/**
 * Of a schema that passed the lint: after both there is nothing left that the compiler would refuse.
 * @param at where it stands, for the refusal
 * @throws {AppError} `invalid_input` for one that means nothing, as a negative length
 */
export function checkSchema(schema: JsonSchema, at: string): void {
  if (isSchema(schema)) return;
  throw new AppError('invalid_input', 'The schema is not acceptable.', {
    issues: [{ path: at, message: 'is not a valid JSON Schema 2020-12' }],
  });
}
