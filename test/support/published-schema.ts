// Schemas that providers publish, as judges of what is sent and answered. Absent outside the development environment.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Ajv2020 } from 'ajv/dist/2020.js';

const specs = fileURLToPath(new URL('../../../shared/specs', import.meta.url));
export const hasSpecs = existsSync(specs);

/** OpenAPI 3.0's keyword, which some 3.1 documents still have. */
function withoutNullable(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('nullable' in value)) return value;
  const { nullable, ...rest } = value;
  return nullable === true ? { anyOf: [rest, { type: 'null' }] } : rest;
}

const compiled = new Map<string, ReturnType<typeof compile>>();

/** @param name of a schema in the published document */
export function validatorOf(document: string, name: string) {
  const key = `${document} ${name}`;
  const validate = compiled.get(key) ?? compile(document, name);
  compiled.set(key, validate);
  return validate;
}

function compile(document: string, name: string) {
  const text = readFileSync(join(specs, document), 'utf8');
  const { components } = JSON.parse(text, (_name, value) => withoutNullable(value));
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: false });
  return ajv.compile({ $ref: `#/components/schemas/${name}`, components });
}
