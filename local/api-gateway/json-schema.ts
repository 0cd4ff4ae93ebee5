// API Gateway's models are JSON schema draft-04; ajv knows later drafts, in which two keywords changed their meaning.
import { Ajv, type ValidateFunction } from 'ajv';

/** A limit is a number and "exclusive" a flag beside it in draft-04; later the exclusive limit is the number. */
function exclusiveLimit(schema: Record<string, unknown>, limit: 'minimum' | 'maximum'): void {
  const exclusive = limit === 'minimum' ? 'exclusiveMinimum' : 'exclusiveMaximum';
  if (typeof schema[exclusive] !== 'boolean') return;
  if (schema[exclusive]) {
    schema[exclusive] = schema[limit];
    delete schema[limit];
  } else {
    delete schema[exclusive];
  }
}

function fromDraft04(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromDraft04);
  if (typeof value !== 'object' || value === null) return value;
  const schema = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fromDraft04(inner)]));
  exclusiveLimit(schema, 'minimum');
  exclusiveLimit(schema, 'maximum');
  return schema;
}

/** Throws the schema's error with the model's name: AWS rejects it at deploy time. */
export function compileModel(name: string, schema: Readonly<Record<string, unknown>>): ValidateFunction {
  const { $schema: _, id: __, ...rest } = schema;
  const ajv = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false });
  try {
    return ajv.compile(fromDraft04(rest) as object);
  } catch (error) {
    throw new Error(`Model ${name}: ${(error as Error).message}`, { cause: error });
  }
}
