// Input templates: `InputTransformer` of a rule, `InputTemplate` of a pipe.
import { parsePath, valueAt } from './json-path.ts';

/** The value of a placeholder for a given event. */
type Value = (event: unknown) => unknown;

/** Returns undefined for an unknown placeholder. */
type Meaning = (placeholder: string) => Value | undefined;

/**
 * Inside a JSON string a placeholder becomes text; outside it stays the JSON value it is. The result is parsed where it is JSON,
 * else it is a string. A value that isn't there is empty text, or `null` outside a string.
 * @throws on an unknown placeholder, which fails the start instead of an event.
 */
export function compileTemplate(template: string, meaning: Meaning): Value {
  const parts = splitTemplate(template).map((part): Value => {
    if ('literal' in part) return () => part.literal;
    const value = meaning(part.placeholder);
    if (!value) throw new Error(`Unknown placeholder <${part.placeholder}> in the input template.`);
    if (part.quoted) return (event) => inString(value(event));
    return (event) => JSON.stringify(value(event) ?? null);
  });
  return (event) => {
    const text = parts.map((part) => String(part(event))).join('');
    try {
      return JSON.parse(text) as unknown;
    } catch {
      return text;
    }
  };
}

/** A pipe's placeholders: JSON paths into the record, and variables of its own. */
export const pipeMeaning =
  (variables: Readonly<Record<string, string>>): Meaning =>
  (placeholder) => {
    if (placeholder.startsWith('$')) return at(placeholder);
    if (placeholder === 'aws.pipes.event' || placeholder === 'aws.pipes.event.json')
      return (record) => record;
    if (placeholder === 'aws.pipes.event.ingestion-time') return () => new Date().toISOString();
    return constant(variables[placeholder]);
  };

/** A rule's placeholders: the named paths of its `InputPathsMap`, and variables of its own. */
export const ruleMeaning =
  (paths: Readonly<Record<string, string>>, variables: Readonly<Record<string, string>>): Meaning =>
  (placeholder) => {
    if (placeholder === 'aws.events.event' || placeholder === 'aws.events.event.json')
      return (event) => event;
    if (placeholder === 'aws.events.event.ingestion-time') return () => new Date().toISOString();
    const path = paths[placeholder];
    return path === undefined ? constant(variables[placeholder]) : at(path);
  };

function at(path: string): Value {
  const steps = parsePath(path);
  return (event) => valueAt(event, steps);
}

const constant = (value: string | undefined): Value | undefined =>
  value === undefined ? undefined : () => value;

type Part = { readonly literal: string } | { readonly placeholder: string; readonly quoted: boolean };

function splitTemplate(template: string): Part[] {
  const parts: Part[] = [];
  let literal = '';
  let quoted = false;
  for (let index = 0; index < template.length; index++) {
    const character = template.charAt(index);
    const end = character === '<' ? template.indexOf('>', index) : -1;
    if (end > index) {
      parts.push({ literal }, { placeholder: template.slice(index + 1, end), quoted });
      literal = '';
      index = end;
      continue;
    }
    if (character === '"') quoted = !quoted;
    literal += character === '\\' ? character + template.charAt(++index) : character;
  }
  return [...parts, { literal }];
}

function inString(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return JSON.stringify(text).slice(1, -1);
}
