// The part of a large OpenAPI document that chosen operations need, cut out of its bytes: their paths and what those refer to. The
// document is never parsed as a whole, which would take many times its size; what is cut out is parsed under the usual bounds. No
// package parses JSON by parts on demand: streaming parsers walk a document once, and references lead back and forth.
import { AppError } from '#shared/core/errors.ts';

type Slice = { readonly name: string; readonly start: number; readonly end: number };

const [QUOTE, BACKSLASH, OPEN, CLOSE, OPEN_LIST, CLOSE_LIST, COMMA, COLON] = Buffer.from('"\\{}[],:');

const malformed = (): never => {
  throw new AppError('invalid_input', 'The document is not supported.', {
    issues: [{ path: 'body.url', message: 'leads to a document that is not JSON' }],
  });
};

/** A byte order mark is no part of the document. */
const lengthOfMark = (bytes: Buffer): number => (bytes.toString('utf8', 0, 3) === '\ufeff' ? 3 : 0);

export const startsAsJson = (bytes: Buffer): boolean =>
  bytes[skipBlanks(bytes, lengthOfMark(bytes))] === OPEN;

const isBlank = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

function skipBlanks(bytes: Buffer, from: number): number {
  let at = from;
  while (isBlank(bytes[at])) at += 1;
  return at;
}

/** The byte after a string that starts at `from`. */
function stringEnd(bytes: Buffer, from: number): number {
  for (let at = from + 1; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) at += 1;
  }
  return malformed();
}

const OPENERS: ReadonlySet<number | undefined> = new Set([OPEN, OPEN_LIST]);
const CLOSERS: ReadonlySet<number | undefined> = new Set([CLOSE, CLOSE_LIST]);

/** The byte after an object or a list that starts at `from`. */
function bracketEnd(bytes: Buffer, from: number): number {
  let depth = 0;
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) at = stringEnd(bytes, at) - 1;
    else if (OPENERS.has(byte)) depth += 1;
    else if (CLOSERS.has(byte)) depth -= 1;
    if (depth === 0) return at + 1;
  }
  return malformed();
}

/** The byte after a value that starts at `from`. */
function valueEnd(bytes: Buffer, from: number): number {
  if (bytes[from] === QUOTE) return stringEnd(bytes, from);
  if (OPENERS.has(bytes[from])) return bracketEnd(bytes, from);
  let at = from;
  while (at < bytes.length && bytes[at] !== COMMA && !CLOSERS.has(bytes[at]) && !isBlank(bytes[at])) at += 1;
  return at;
}

const nameIn = (bytes: Buffer, start: number, end: number): string => {
  try {
    return String(JSON.parse(bytes.toString('utf8', start, end)));
  } catch {
    return malformed();
  }
};

/** Members of the object that starts at `from`. */
function* membersOf(bytes: Buffer, from: number): Generator<Slice> {
  let at = skipBlanks(bytes, from);
  if (bytes[at] !== OPEN) return;
  at = skipBlanks(bytes, at + 1);
  while (bytes[at] !== CLOSE) {
    if (bytes[at] !== QUOTE) malformed();
    const nameEnd = stringEnd(bytes, at);
    const name = nameIn(bytes, at, nameEnd);
    const colon = skipBlanks(bytes, nameEnd);
    if (bytes[colon] !== COLON) malformed();
    const start = skipBlanks(bytes, colon + 1);
    const end = valueEnd(bytes, start);
    yield { name, start, end };
    at = skipBlanks(bytes, end);
    if (bytes[at] === COMMA) at = skipBlanks(bytes, at + 1);
    else if (bytes[at] !== CLOSE) malformed();
  }
}

const indexOf = (bytes: Buffer, from: Slice | undefined): Map<string, Slice> =>
  new Map(from ? [...membersOf(bytes, from.start)].map((slice) => [slice.name, slice]) : []);

/** Other parts of a document that locate its operations and define how they are read. */
const KEPT = ['openapi', 'swagger', 'servers', 'host', 'basePath', 'schemes', 'consumes', 'produces'];
/** Members of Swagger 2.0 that hold what references lead to, one level up from where OpenAPI 3 has them. */
const FLAT = ['definitions', 'parameters', 'responses'];
const REFERENCE = /"\$ref"\s*:\s*("(?:[^"\\]|\\.)*")/g;

const stepOf = (text: string): string => {
  try {
    return decodeURIComponent(text).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return text;
  }
};

type Place = { readonly section: string; readonly name: string };

/** `components/schemas/Pet` → its section and its name; undefined for a reference to anything else. */
function placeIn(reference: string): Place | undefined {
  const [root, first = '', second = '', third = ''] = reference.split('/').map(stepOf);
  if (root !== '#') return undefined;
  if (first === 'components') return { section: `components/${second}`, name: third };
  return FLAT.includes(first) ? { section: first, name: second } : undefined;
}

const methodsAndPath = /^(?:[a-z]+|[A-Z]+ )(\/.*)$/;

/** Whether a path may hold a chosen operation: by its own name, or by an operation id somewhere in it. */
function isWanted(name: string, text: string, wanted: readonly string[]): boolean {
  return wanted.some((one) => methodsAndPath.exec(one)?.[1] === name || text.includes(JSON.stringify(one)));
}

type Sections = ReadonlyMap<string, ReadonlyMap<string, Slice>>;

function sectionsOf(bytes: Buffer, root: ReadonlyMap<string, Slice>): Sections {
  const components = [...indexOf(bytes, root.get('components')).values()];
  return new Map([
    ...components.map((one) => [`components/${one.name}`, indexOf(bytes, one)] as const),
    ...FLAT.map((name) => [name, indexOf(bytes, root.get(name))] as const),
  ]);
}

const MAX_TEXT = 8 * 1024 * 1024;

const placesIn = (text: string): Place[] =>
  [...text.matchAll(REFERENCE)].flatMap(([, literal = '']) => placeIn(nameOfLiteral(literal)) ?? []);

/** Follows references, each once. @returns texts by section and name */
function referredTo(bytes: Buffer, sections: Sections, from: readonly string[]) {
  const found = new Map<string, Map<string, string>>();
  const queue = from.flatMap(placesIn);
  let size = 0;
  for (let place = queue.pop(); place !== undefined; place = queue.pop()) {
    const { section, name } = place;
    const slice = sections.get(section)?.get(name);
    const present = found.get(section) ?? new Map<string, string>();
    if (!slice || present.has(name)) continue;
    const text = bytes.toString('utf8', slice.start, slice.end);
    size += text.length;
    if (size > MAX_TEXT) tooLarge();
    found.set(section, present.set(name, text));
    queue.push(...placesIn(text));
  }
  return found;
}

const nameOfLiteral = (literal: string): string => {
  try {
    return String(JSON.parse(literal));
  } catch {
    return '';
  }
};

const tooLarge = (): never => {
  throw new AppError('invalid_input', 'The document is not supported.', {
    issues: [{ path: 'body.operations', message: 'need too much of the document together; name fewer' }],
  });
};

const objectOf = (members: Iterable<readonly [name: string, text: string]>): string =>
  `{${[...members].map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`;

/**
 * @param bytes a JSON document of any size
 * @param wanted `operationId`, or `GET /path`
 * @returns a document with these operations and all that they refer to
 * @throws {AppError} `invalid_input`
 */
export function sliceDocument(bytes: Buffer, wanted: readonly string[]): string {
  const root = indexOf(bytes, { name: '', start: lengthOfMark(bytes), end: bytes.length });
  const sliceText = ({ start, end }: Slice) => bytes.toString('utf8', start, end);
  const paths = [...indexOf(bytes, root.get('paths')).values()]
    .map((slice) => [slice.name, sliceText(slice)] as const)
    .filter(([name, text]) => isWanted(name, text, wanted));
  const found = referredTo(
    bytes,
    sectionsOf(bytes, root),
    paths.map(([, text]) => text),
  );
  const components = [...found].filter(([section]) => section.startsWith('components/'));
  const flat = [...found].filter(([section]) => !section.startsWith('components/'));
  return objectOf([
    ...KEPT.flatMap((name) => {
      const slice = root.get(name);
      return slice ? [[name, sliceText(slice)] as const] : [];
    }),
    ['paths', objectOf(paths)],
    [
      'components',
      objectOf(components.map(([section, all]) => [section.split('/')[1] ?? '', objectOf(all)])),
    ],
    ...flat.map(([section, all]) => [section, objectOf(all)] as const),
  ]);
}
