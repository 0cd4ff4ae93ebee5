// Arguments in a query and in a form, by the styles of OpenAPI 3.1 (RFC 6570 where the two agree).
import type { BodyEncoding, HttpOperation } from '#shared/tools/registered.ts';

type Parameter = HttpOperation['parameters'][number];
type Pair = readonly [name: string, value: string];
type Node = Readonly<Record<string, unknown>>;

/** A value that the style has no form for. */
export class Unsendable extends Error {}

const MAX_DEPTH = 8;
const SEPARATORS = { form: ',', spaceDelimited: '%20', pipeDelimited: '%7C' } as const;

/** As in `application/x-www-form-urlencoded`. */
const encoded = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1);
const written = (pairs: readonly Pair[]): string[] =>
  pairs.map(([name, value]) => `${encoded(name)}=${encoded(value)}`);

const isObject = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isPresent = (value: unknown): boolean => value !== undefined && value !== null;

function scalar(value: unknown): string {
  const isScalar = ['string', 'number', 'boolean'].includes(typeof value);
  if (!isScalar || !String(value).isWellFormed()) throw new Unsendable();
  return String(value);
}

/** `f[x]=1`, `f[x][y]=2`, and `f[x]=1&f[x]=2` for a list of plain values. */
function* deep(name: string, value: unknown, depth = 0): Generator<Pair> {
  if (depth > MAX_DEPTH) throw new Unsendable();
  if (Array.isArray(value)) {
    const isPlain = value.every((one) => typeof one !== 'object');
    for (const [index, one] of value.entries())
      yield* deep(isPlain ? name : `${name}[${index}]`, one, depth + 1);
    return;
  }
  if (!isObject(value)) {
    yield [name, scalar(value)];
    return;
  }
  for (const [key, one] of Object.entries(value))
    if (isPresent(one)) yield* deep(`${name}[${key}]`, one, depth + 1);
}

/** `a,b` of a list, `x,1,y,2` of an object. */
function joined(value: unknown, separator: string): string {
  const parts = Array.isArray(value)
    ? value
    : Object.entries(value as Node)
        .filter(([, one]) => isPresent(one))
        .flat();
  return parts.map((one) => encoded(scalar(one))).join(separator);
}

/** An object whose members are arguments of their own. */
const members = (value: Node): Pair[] =>
  Object.entries(value)
    .filter(([, one]) => isPresent(one))
    .map(([key, one]) => [key, scalar(one)]);

export type Written = {
  readonly parts: readonly string[];
  /** Names that came with the value: they must not stand for other arguments. */
  readonly names: readonly string[];
};

/** @throws {Unsendable} */
export function queryOf(
  { name, style = 'form', explode = style === 'form' }: Parameter,
  value: unknown,
): Written {
  if (style === 'json') return { parts: written([[name, JSON.stringify(value)]]), names: [] };
  if (style === 'deepObject') {
    if (!isObject(value)) throw new Unsendable();
    return { parts: written([...deep(name, value)]), names: [] };
  }
  if (!Array.isArray(value) && !isObject(value))
    return { parts: written([[name, scalar(value)]]), names: [] };
  if (!explode) return { parts: [`${encoded(name)}=${joined(value, SEPARATORS[style])}`], names: [] };
  if (Array.isArray(value))
    return { parts: written(value.map((one): Pair => [name, scalar(one)])), names: [] };
  const pairs = members(value);
  return { parts: written(pairs), names: pairs.map(([key]) => key) };
}

/** One member of a form: as the document says, else as most services with nested forms read it, `a[b]=1`. */
function formParts(
  name: string,
  value: unknown,
  { json, style, explode }: BodyEncoding = {},
): readonly string[] {
  if (json) return written([[name, JSON.stringify(value)]]);
  if (style === undefined && explode === undefined) return written([...deep(name, value)]);
  return queryOf(
    { name, in: 'query', ...(style && { style }), ...(explode !== undefined && { explode }) },
    value,
  ).parts;
}

/** A body of `application/x-www-form-urlencoded`. @throws {Unsendable} */
export function encodeForm(body: unknown, encoding: Readonly<Record<string, BodyEncoding>> = {}): string {
  if (!isObject(body)) throw new Unsendable();
  const present = Object.entries(body).filter(([, one]) => isPresent(one));
  return present
    .flatMap(([name, one]) =>
      formParts(name, one, Object.hasOwn(encoding, name) ? encoding[name] : undefined),
    )
    .join('&');
}
