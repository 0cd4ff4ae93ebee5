// The body of an operation: JSON, a form, or multipart with parts of text and JSON.
import { BodyEncoding, type JsonSchema } from '#shared/tools/registered.ts';

import { followed, isObject, type Json, Unusable } from './openapi-document.ts';
import type { Inliner } from './openapi-schema.ts';

export type Body = {
  readonly schema: JsonSchema;
  readonly required: boolean;
  readonly format?: 'form' | 'multipart';
  readonly encoding?: Readonly<Record<string, BodyEncoding>>;
  /** Optional members that cannot be sent. */
  readonly omitted?: readonly string[];
};

const mediaIn = (content: unknown, wanted: RegExp): Json | undefined => {
  if (!isObject(content)) return undefined;
  const type = Object.keys(content).find((name) => wanted.test(name));
  const media = type === undefined ? undefined : content[type];
  return isObject(media) ? media : undefined;
};

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\b/i;
const FORM_TYPE = /^application\/x-www-form-urlencoded\b/i;
const MULTIPART_TYPE = /^multipart\/form-data\b/i;
const TEXT_TYPE = /^text\/plain\b/i;

export function jsonSchemaIn(content: unknown): unknown {
  const media = mediaIn(content, JSON_TYPE);
  return media && (media['schema'] ?? {});
}

/** Serialization of one member, as the document states it; the rest of an encoding object concerns headers of parts. */
function encodingOf(given: unknown): BodyEncoding | undefined {
  if (!isObject(given)) return undefined;
  const { contentType, style, explode } = given;
  const types = typeof contentType === 'string' ? contentType.split(',').map((type) => type.trim()) : [];
  const parsed = BodyEncoding.safeParse({
    ...(types.some((type) => JSON_TYPE.test(type)) && { json: true }),
    ...(typeof style === 'string' && { style }),
    ...(typeof explode === 'boolean' && { explode }),
  });
  return parsed.success && Object.keys(parsed.data).length > 0 ? parsed.data : undefined;
}

function encodingsIn({ encoding }: Json): Record<string, BodyEncoding> {
  const all = isObject(encoding) ? Object.entries(encoding) : [];
  return Object.fromEntries(
    all.flatMap(([name, given]) => {
      const known = encodingOf(given);
      return known ? [[name, known]] : [];
    }),
  );
}

const isFile = (document: Json, schema: unknown, given: unknown): boolean => {
  const { type, format, contentMediaType, contentEncoding, items } = followed(document, schema);
  if (type === 'array') return isFile(document, items, given);
  const contentType = isObject(given) ? given['contentType'] : undefined;
  const isPlain =
    typeof contentType !== 'string' || TEXT_TYPE.test(contentType) || JSON_TYPE.test(contentType);
  return format === 'binary' || contentMediaType !== undefined || contentEncoding !== undefined || !isPlain;
};

/** Arguments are JSON, which holds no file: members that are files are left out where they are optional. */
function withoutFiles(document: Json, media: Json) {
  const schema = followed(document, media['schema']);
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const encoding = isObject(media['encoding']) ? media['encoding'] : {};
  const files = Object.keys(properties).filter((name) => isFile(document, properties[name], encoding[name]));
  const required: unknown[] = Array.isArray(schema['required']) ? schema['required'] : [];
  const missing = files.find((name) => required.includes(name));
  if (missing !== undefined) throw new Unusable('takes a file in its body, which is not supported');
  const kept = Object.entries(properties).filter(([name]) => !files.includes(name));
  if (files.length > 0 && kept.length === 0)
    throw new Unusable('takes a file in its body, which is not supported');
  return {
    schema: { ...schema, properties: Object.fromEntries(kept) },
    omitted: files.map((name) => `file ${name.slice(0, 60)}`),
  };
}

function formIn(content: unknown, document: Json, inline: Inliner): Omit<Body, 'required'> | undefined {
  const form = mediaIn(content, FORM_TYPE);
  const media = form ?? mediaIn(content, MULTIPART_TYPE);
  if (!media) return undefined;
  const { schema, omitted } = form
    ? { schema: form['schema'] ?? {}, omitted: [] }
    : withoutFiles(document, media);
  const encoding = encodingsIn(media);
  return {
    schema: inline.schema(schema),
    format: form ? 'form' : 'multipart',
    ...(Object.keys(encoding).length > 0 && { encoding }),
    omitted,
  };
}

const contentLabel = (content: unknown): string => {
  const [type = 'unknown type'] = isObject(content) ? Object.keys(content) : [];
  return `body of ${/^[\w.+*/-]{1,60}/.exec(type)?.[0] ?? 'unknown type'}`;
};

/** A text: what is left out. @throws {Unusable} where it is required */
export function requestBodyIn(document: Json, operation: Json, inline: Inliner): Body | string | undefined {
  if (operation['requestBody'] === undefined) return undefined;
  const { content, required: isRequired } = followed(document, operation['requestBody']);
  const required = isRequired === true;
  const schema = jsonSchemaIn(content);
  if (schema !== undefined) return { schema: inline.schema(schema), required };
  try {
    const form = formIn(content, document, inline);
    if (form) return { ...form, required };
    throw new Unusable(`takes a ${contentLabel(content)}, which is not supported`);
  } catch (error) {
    if (required || !(error instanceof Unusable)) throw error;
    return contentLabel(content);
  }
}
