// Documents of Swagger 2.0, converted to OpenAPI 3. Loaded with the first of them.
import { upgradeFromTwoToThree } from '@scalar/openapi-upgrader/2.0-to-3.0';

import { isObject, type Json } from './openapi-document.ts';

/** Absent `schemes` mean that of the document's own address. Of several https comes first: the first server is the one called. */
function schemesOf({ schemes }: Json, base: string | undefined): readonly unknown[] {
  const given: unknown[] = Array.isArray(schemes) ? schemes : [];
  if (given.includes('https')) return ['https'];
  if (given.length > 0) return given;
  return [base === undefined ? 'https' : new URL(base).protocol.slice(0, -1)];
}

/** @returns undefined for a document that cannot be converted */
export function fromSwagger(document: Json, base: string | undefined): Json | undefined {
  // A copy of its own: the package changes what it is given, and aliases of YAML share objects.
  const copy = JSON.parse(JSON.stringify(document)) as Json;
  try {
    const upgraded: unknown = upgradeFromTwoToThree({ ...copy, schemes: schemesOf(document, base) });
    return isObject(upgraded) ? upgraded : undefined;
  } catch {
    return undefined; // no `cause`: it may quote the document
  }
}
