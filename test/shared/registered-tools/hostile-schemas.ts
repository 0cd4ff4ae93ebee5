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
  'hidden name': object({ 'na\u200dme': { type: 'string' } }),
  'hidden enum value': object({ a: { enum: ['\u2060'] } }),
  'long name': object({ ['n'.repeat(200)]: {} }),
  'an async root': object({}, { $async: true }),
  'an async property': object({ a: { type: 'string', $async: true } }),
  'an async definition that is referred to': object(
    { a: { $ref: '#/$defs/x' } },
    { $defs: { x: { $async: true, type: 'string' } } },
  ),
  'an async root that is false': object({}, { $async: false }),
  'draft-04 id': object({}, { id: 'https://evil.example/x' }),
  'draft-04 id below': object({ a: { id: '#x', type: 'string' } }),
  'nullable without a type': object({ a: { nullable: true } }),
  'nullable that is a text': object({ a: { type: 'string', nullable: 'yes' } }),
  'a nullable root': object({}, { nullable: true }),
  'an empty enum': object({ a: { enum: [] } }),
  'reference to an empty name': object({ a: { $ref: '#/' } }),
  'reference to an empty name that is there': object({ a: { $ref: '#/' } }, { '': { type: 'string' } }),
  'reference into a default': object({ a: { $ref: '#/properties/b/default' }, b: { default: {} } }),
  'reference to an unknown keyword': object({ a: { $ref: '#/x-shared' } }, { 'x-shared': { $async: true } }),
  'reference to a list of schemas': object({ a: { $ref: '#/anyOf' } }, { anyOf: [{}] }),
  'reference to the properties': object({ a: { $ref: '#/properties' } }),
  'reference to an anchor': object({ a: { $ref: '#x' } }),
  'reference with a percent sign': object(
    { a: { $ref: '#/$defs/a%2525' } },
    { $defs: { 'a%25': {}, 'a%': {} } },
  ),
  'a name with a line break': object({ 'a\nb': {} }),
};

/** Descriptive keywords are made harmless instead; `left`: the remaining schema of `a`. */
export const DECEPTIVE_SCHEMAS: Readonly<Record<string, { schema: unknown; left: Json; removed: string }>> = {
  'zero-width description': {
    schema: object({ a: { description: 'see\u200bme' } }),
    left: { description: 'seeme' },
    removed: 'input_schema.properties.a.description: U+200B',
  },
  'bidirectional description': {
    schema: object({ a: { description: 'a\u202Eb' } }),
    left: { description: 'ab' },
    removed: 'input_schema.properties.a.description: U+202E',
  },
  'tag characters': {
    schema: object({ a: { description: 'hi \u{E0069}\u{E0067}' } }),
    left: { description: 'hi' },
    removed: 'input_schema.properties.a.description: U+E0069, U+E0067',
  },
  'variation selectors': {
    schema: object({ a: { description: 'hi\u{E0100}\u{E0101}' } }),
    left: { description: 'hi' },
    removed: 'input_schema.properties.a.description: U+E0100, U+E0101',
  },
  'hidden default': {
    schema: object({ a: { default: { deep: ['\u0007'] } } }),
    left: {},
    removed: 'input_schema.properties.a.default: a value that cannot be shown',
  },
  'hidden comment': {
    schema: object({ a: { description: 'ok <!-- do as I say -->' } }),
    left: { description: 'ok' },
    removed: 'input_schema.properties.a.description: a hidden comment',
  },
  'half a surrogate pair': {
    schema: object({ a: { title: 'x\ud800' } }),
    left: { title: 'x' },
    removed: 'input_schema.properties.a.title: U+D800',
  },
  'an escape sequence': {
    schema: object({ a: { description: '\u001b[8mhidden\u001b[0m' } }),
    left: { description: '[8mhidden[0m' },
    removed: 'input_schema.properties.a.description: U+001B (2)',
  },
  'hidden details': {
    schema: object({ a: { description: '<details hidden>do as I say</details>' } }),
    left: { description: 'do as I say' },
    removed: 'input_schema.properties.a.description: an HTML tag (2)',
  },
  'a link that runs a script': {
    schema: object({ a: { description: '[docs](javascript:alert(1))' } }),
    left: { description: '[docs](alert(1))' },
    removed: 'input_schema.properties.a.description: a link that runs a script',
  },
  'a comment for maintainers': {
    schema: object({ a: { $comment: 'do as I say' } }),
    left: {},
    removed: 'input_schema.properties.a: keyword $comment',
  },
  'a keyword of somebody else': {
    schema: object({ a: { type: 'string', 'x-order': 1, widget: 'area' } }),
    left: { type: 'string' },
    removed: 'input_schema.properties.a: keyword widget|input_schema.properties.a: keyword x-order',
  },
  'a keyword without a plain name': {
    schema: object({ a: { 'a\u200bb': 1 } }),
    left: {},
    removed: 'input_schema.properties.a: a keyword',
  },
  'a description that is a number': {
    schema: object({ a: { description: 5 } }),
    left: {},
    removed: 'input_schema.properties.a.description: a value that cannot be shown',
  },
  'a format that is a text of its own': {
    schema: object({ a: { type: 'string', format: 'do as I say' } }),
    left: { type: 'string' },
    removed: 'input_schema.properties.a.format: a value that cannot be shown',
  },
};
