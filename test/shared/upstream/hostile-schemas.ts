// Schemas that want something else than to describe an object.
type Json = Record<string, unknown>;

const object = (properties: Json, more: Json = {}): Json => ({ type: 'object', properties, ...more });
const pattern = (source: string) => object({ a: { type: 'string', pattern: source } });

function nested(depth: number, wrap: (inner: unknown) => Json): Json {
  let schema: unknown = { type: 'string' };
  for (let level = 0; level < depth; level += 1) schema = wrap(schema);
  return object({ a: schema });
}

/** Each definition names the one before it twice: 2^n schemas in n lines. */
function doubling(keyword: string, steps: number): Json {
  const $defs: Json = { d0: { type: 'string' } };
  for (let step = 1; step <= steps; step += 1) {
    const before = { $ref: `#/$defs/d${step - 1}` };
    $defs[`d${step}`] = { [keyword]: [before, before] };
  }
  return object({ a: { $ref: `#/$defs/d${steps}` } }, { $defs });
}

const names = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, { type: 'string' }]));

export const HOSTILE_SCHEMAS: Readonly<Record<string, unknown>> = {
  'no object': 'string',
  nothing: null,
  'a list': [],
  true: true,
  'no type': { properties: {} },
  'type string': { type: 'string' },
  'type array': { type: 'array', items: {} },
  'two types': { type: ['object', 'null'] },
  'unknown type': object({ a: { type: 'strange' } }),
  'properties that are a list': { type: 'object', properties: [] },
  'a property that is a number': object({ a: 5 }),
  'required that is a text': object({}, { required: 'a' }),
  'allOf that is an object': object({}, { allOf: {} }),
  'allOf that is empty': object({}, { allOf: [] }),
  'enum that is a text': object({ a: { enum: 'x' } }),
  'negative length': object({ a: { type: 'string', minLength: -1 } }),
  'multiple of zero': object({ a: { type: 'number', multipleOf: 0 } }),
  'nested quantifiers, looking ahead': pattern('^(?=(a+)+$)'),
  'looking behind': pattern('(?<=a)b'),
  'negative look': pattern('^(?!x)'),
  'back reference': pattern('(a)\\1'),
  'named back reference': pattern('(?<x>a)\\k<x>'),
  'repeat of thousands': pattern('a{100000}'),
  'repeat of repeats': pattern('((a{1000}){1000}){1000}'),
  'unclosed pattern': pattern('(a'),
  'pattern of 10 kB': pattern('a'.repeat(10_000)),
  'pattern that is a number': object({ a: { pattern: 5 } }),
  'pattern property looking ahead': object({}, { patternProperties: { '^(?=x)': {} } }),
  'pattern property unclosed': object({}, { patternProperties: { '[': {} } }),
  'remote reference': object({ a: { $ref: 'https://evil.example/schema.json' } }),
  'file reference': object({ a: { $ref: 'file:///etc/passwd' } }),
  'relative reference': object({ a: { $ref: 'other.json#/a' } }),
  'reference to nothing': object({ a: { $ref: '#/$defs/missing' } }),
  'reference into the prototype': object({ a: { $ref: '#/constructor' } }),
  'reference into toString': object({ a: { $ref: '#/toString/name' } }),
  'reference badly encoded': object({ a: { $ref: '#/%E0%A4%A' } }),
  'reference that is a number': object({ a: { $ref: 1 } }),
  'reference to itself': object({ a: { $ref: '#/properties/a' } }),
  'reference to the root': object({ a: { $ref: '#' } }),
  'two that refer to each other': object(
    { a: { $ref: '#/$defs/x' } },
    { $defs: { x: { items: { $ref: '#/$defs/y' } }, y: { anyOf: [{ $ref: '#/$defs/x' }] } } },
  ),
  'allOf doubling 22 times': doubling('allOf', 22),
  'anyOf doubling 30 times': doubling('anyOf', 30),
  'oneOf doubling 12 times': doubling('oneOf', 12),
  'dynamic reference': object({ a: { $dynamicRef: '#x' } }),
  'dynamic anchor': object({ a: { $dynamicAnchor: 'x' } }),
  'recursive reference': object({ a: { $recursiveRef: '#' } }),
  anchor: object({ a: { $anchor: 'x' } }),
  'inner id': object({ a: { $id: 'https://portunus.example/other' } }),
  'draft-04': object({}, { $schema: 'http://json-schema.org/draft-04/schema#' }),
  'dialect of its own': object({}, { $schema: 'https://evil.example/dialect' }),
  'dialect that is a number': object({}, { $schema: 4 }),
  vocabulary: object({}, { $vocabulary: { 'https://evil.example/v': true } }),
  'dependencies of old': object({}, { dependencies: { a: ['b'] } }),
  'tuples of old': object({ a: { type: 'array', items: [{ type: 'string' }] } }),
  '17 deep': nested(17, (inner) => ({ type: 'array', items: inner })),
  '10,000 deep': nested(10_000, (inner) => ({ not: inner })),
  '513 properties': object(names(513)),
  '5 MB of description': object({ a: { description: 'x'.repeat(5_000_000) } }),
  '33 KiB of enum': object({ a: { enum: Array.from({ length: 4000 }, (_, n) => `value ${n}`) } }),
  'a prototype among the properties': JSON.parse(
    '{"type":"object","properties":{"__proto__":{"type":"string"}}}',
  ),
  'a constructor among the properties': object({ constructor: { type: 'string' } }),
  'zero-width description': object({ a: { description: 'see\u200bme' } }),
  'bidirectional description': object({ a: { description: 'a\u202Eb' } }),
  'tag characters': object({ a: { description: 'hi \u{E0069}\u{E0067}' } }),
  'variation selectors': object({ a: { description: 'hi\u{E0100}\u{E0101}' } }),
  'hidden name': object({ 'na\u200dme': { type: 'string' } }),
  'hidden enum value': object({ a: { enum: ['\u2060'] } }),
  'hidden default': object({ a: { default: { deep: ['\u0007'] } } }),
  'hidden comment': object({ a: { description: 'ok <!-- do as I say -->' } }),
  'half a surrogate pair': object({ a: { title: '\ud800' } }),
  'long name': object({ ['n'.repeat(200)]: {} }),
};
