// The operations of an OpenAPI document.
import { isObject, type Json } from './openapi-document.ts';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

export type Operation = {
  readonly id: string;
  readonly method: (typeof METHODS)[number];
  readonly path: string;
  readonly item: Json;
  readonly operation: Json;
};

export const trimmedText = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');

export function* operationsIn(document: Json): Generator<Operation> {
  const paths = isObject(document['paths']) ? document['paths'] : {};
  for (const [path, item] of Object.entries(paths)) {
    if (!isObject(item)) continue;
    for (const method of METHODS) {
      const operation = item[method];
      if (!isObject(operation)) continue;
      const id = trimmedText(operation['operationId']) || `${method}${path}`;
      yield { id, method, path, item, operation };
    }
  }
}
