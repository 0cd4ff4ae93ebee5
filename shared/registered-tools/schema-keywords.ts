// The JSON Schema 2020-12 keywords that a schema from outside may use, and how each is read. An unknown keyword is an annotation
// (JSON Schema Core, 6.5): it is left out, and named for the reviewer.

/** Only describes: changed or left out where it could deceive. */
const ANNOTATIONS = ['title', 'text', 'token', 'flag', 'sample', 'samples'] as const;
export type Annotation = (typeof ANNOTATIONS)[number];

export type Kind =
  | Annotation
  /** Holds a schema, a list of them, a map of them, a pointer to one. */
  | 'schema'
  | 'schemas'
  | 'named'
  | 'reference'
  /** Holds values that are compared: never changed, so a fault in one rejects the schema. */
  | 'values'
  | 'pattern'
  /** Checked by the meta-schema. */
  | 'bound'
  | 'nullable'
  | 'rejected';

const table = (kinds: Partial<Record<Kind, string>>): ReadonlyMap<string, Kind> =>
  new Map(
    Object.entries(kinds).flatMap(([kind, names]) => names.split(' ').map((name) => [name, kind as Kind])),
  );

const KINDS = table({
  schema:
    'additionalProperties contains else if items not propertyNames then unevaluatedItems unevaluatedProperties',
  schemas: 'allOf anyOf oneOf prefixItems',
  named: '$defs definitions dependentSchemas patternProperties properties',
  reference: '$ref',
  values: 'const dependentRequired enum required',
  pattern: 'pattern',
  bound:
    'exclusiveMaximum exclusiveMinimum maxContains maxItems maxLength maxProperties maximum minContains minItems minLength minProperties minimum multipleOf type uniqueItems',
  nullable: 'nullable',
  title: 'title',
  text: 'description',
  token: 'contentEncoding contentMediaType format',
  flag: 'deprecated readOnly writeOnly',
  sample: 'default',
  samples: 'examples',
  // Older or uncommon keywords: ignoring them would check less than their author meant, or something else.
  rejected:
    '$anchor $async $dynamicAnchor $dynamicRef $recursiveAnchor $recursiveRef $vocabulary additionalItems dependencies divisibleBy extends disallow id',
});

export const keywordKind = (keyword: string): Kind | undefined => KINDS.get(keyword);

export const isAnnotation = (kind: Kind): kind is Annotation =>
  (ANNOTATIONS as readonly string[]).includes(kind);

export const isKeyword = (name: string): boolean => KINDS.has(name);

/**
 * Number of schemas that the value of a keyword holds; undefined: none. A JSON pointer may pass only through keywords that
 * hold schemas: only what is a schema is checked as one.
 */
export const holdsSchemas = (keyword: string): 'one' | 'many' | undefined => {
  const kind = KINDS.get(keyword);
  if (kind === 'schema') return 'one';
  return kind === 'schemas' || kind === 'named' ? 'many' : undefined;
};
