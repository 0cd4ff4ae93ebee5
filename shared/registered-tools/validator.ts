// Schemas from outside, applied. Each has a validator of its own, so that none can loosen another's by sharing a name.
import type { ErrorObject } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';

import { AppError } from '#shared/core/errors.ts';
import { canonicalJson } from '#shared/core/canonical-json.ts';
import { type Issue, unknownFields } from '#shared/core/issues.ts';
import { lazy } from '#shared/core/lazy.ts';
import type { JsonSchema } from '#shared/tools/registered.ts';

import { linearPatterns } from './pattern.ts';
import { isKeyword } from './schema-keywords.ts';

/** Function that returns the issues of a value, by path and rule, never by value. */
export type Validator = (value: unknown) => readonly Issue[];

const MAX_KEPT = 100;

/** As in RFC 8785 two equal values are one text: ajv's own comparison of each with each is quadratic. */
const areUnique = (unique: boolean, items: readonly unknown[]): boolean =>
  !unique || new Set(items.map(canonicalJson)).size === items.length;

function engine(): Ajv2020 {
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
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

/**
 * Anything but a boolean is a bug, and not a pass: a Promise would be true, and its rejection would end the process.
 * @throws {AppError} `internal`
 */
function isValid(answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer;
  Promise.resolve(answer).catch(() => undefined);
  throw new AppError('internal');
}

function compile(schema: JsonSchema): Validator {
  const validate = engine().compile(schema);
  return (value) => {
    if (isValid(validate(value))) return [];
    return (validate.errors ?? []).slice(0, 20).map(issueOf);
  };
}

const MAX_MESSAGE = 200;
const WORDS: Readonly<Record<string, (params: Params) => string>> = {
  required: () => 'is missing',
  additionalProperties: ({ additionalProperty }) => unknownFields([additionalProperty]),
  unevaluatedProperties: ({ unevaluatedProperty }) => unknownFields([unevaluatedProperty]),
  enum: ({ allowedValues }) => `must be one of ${JSON.stringify(allowedValues)}`,
  const: ({ allowedValue }) => `must be ${JSON.stringify(allowedValue)}`,
  type: ({ type }) => `must be ${[type].flat().join(' or ')}`,
};
type Params = Readonly<Record<string, unknown>>;

/** The rule in the schema's words; the value is not in it. */
function issueOf({ instancePath, keyword, params, message = '' }: ErrorObject): Issue {
  const missing = keyword === 'required' ? String(params['missingProperty']) : '';
  const words = WORDS[keyword]?.(params) ?? (message || `violates the keyword ${keyword} of its schema`);
  return {
    path: [...instancePath.split('/').slice(1), missing].filter((step) => step !== '').join('.'),
    message: words.length > MAX_MESSAGE ? `${words.slice(0, MAX_MESSAGE).toWellFormed()}…` : words,
  };
}

const kept = new Map<string, Validator>();

/**
 * Compiled once per instance and content.
 * @throws {AppError} `tool_inactive` for a stored schema that was accepted by other rules than today's
 */
export function validatorOf(schema: JsonSchema): Validator {
  const name = canonicalJson(schema);
  const known = kept.get(name);
  if (known) return known;
  const made = compiled(schema);
  if (!made) {
    throw new AppError('tool_inactive', 'The stored schema of this tool is no longer supported.', {
      next_step: 'Delete the tool and register it again.',
    });
  }
  const [oldest] = kept.keys();
  if (kept.size >= MAX_KEPT && oldest !== undefined) kept.delete(oldest);
  kept.set(name, made);
  return made;
}

function compiled(schema: JsonSchema): Validator | undefined {
  try {
    return compile(schema);
  } catch {
    return undefined; // no `cause`: it quotes the schema
  }
}

/** The schema of schemas, which takes the longest to compile. */
const rules = lazy(() => new Ajv2020({ strict: false, logger: false, validateFormats: false }));
/** Compiled before work that may be ended anywhere: what is kept must not be half of it. */
export const prepare = (): void => void isSchema({});
const isSchema = (schema: JsonSchema): boolean => rules().validateSchema(schema) === true;

/** The keyword whose value breaks the schema of schemas. */
function ruleIn(errors: readonly { readonly instancePath: string }[] | null | undefined): string {
  const keywords = (errors ?? []).flatMap(
    ({ instancePath }) => instancePath.split('/').findLast(isKeyword) ?? [],
  );
  const [keyword] = keywords;
  return keyword === undefined ? '' : `: see ${keyword}`;
}

/**
 * Compiles a schema that passed the lint, so that no call finds one that cannot be.
 * @param at where it stands, for the rejection
 * @throws {AppError} `invalid_input` for one that means nothing, as a negative length
 */
export function checkSchema(schema: JsonSchema, at: string): void {
  const reject = (message: string): never => {
    throw new AppError('invalid_input', 'The schema is not supported.', { issues: [{ path: at, message }] });
  };
  if (!isSchema(schema)) reject(`is not a valid JSON Schema 2020-12${ruleIn(rules().errors)}`);
  if (!compiled(schema)) reject('combines keywords that cannot be compiled');
}
