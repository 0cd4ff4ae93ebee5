// Path and method → the method of the API: fixed parts before {parameters} before {proxy+}, the method itself before ANY.
import { decoded } from './percent-decoding.ts';
import type { Method } from './api-definition.ts';
import type { MethodNode, ResourceNode } from './api-draft.ts';

export type Match = {
  readonly resource: ResourceNode;
  readonly method: Method;
  readonly pathParameters: Readonly<Record<string, string>> | null;
};

export type RouteTable = {
  /** Undefined: no such resource or method. AWS does not distinguish the two. */
  readonly find: (httpMethod: string, path: string) => Match | undefined;
};

type Entry = {
  readonly resource: ResourceNode;
  readonly segments: readonly string[];
  readonly methods: ReadonlyMap<string, Method>;
};

const splitPath = (path: string): string[] => {
  const trimmed = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  return trimmed === '/' ? [] : trimmed.slice(1).split('/');
};

const isGreedy = (segment: string): boolean => segment.endsWith('+}');
const isParameter = (segment: string): boolean => segment.startsWith('{');
const parameterName = (segment: string): string => segment.replaceAll(/[{}+]/g, '');

/** Lower is more specific; compared segment by segment. */
const rank = (segment: string): string => (isGreedy(segment) ? '2' : isParameter(segment) ? '1' : '0');

export function createRouteTable(methods: readonly MethodNode[]): RouteTable {
  const entries = [...Map.groupBy(methods, ({ resource }) => resource).entries()]
    .map(
      ([resource, nodes]): Entry => ({
        resource,
        segments: splitPath(resource.path),
        methods: new Map(nodes.map(({ method }) => [method.HttpMethod, method])),
      }),
    )
    .toSorted((a, b) => order(a).localeCompare(order(b)));

  return {
    find(httpMethod, path) {
      const parts = splitPath(path).map(decoded);
      for (const { resource, segments, methods: byName } of entries) {
        const parameters = match(segments, parts);
        if (parameters === undefined) continue;
        // The most specific resource is used; a broader one is not tried for its method.
        const method = byName.get(httpMethod) ?? byName.get('ANY');
        if (method === undefined) return undefined;
        return {
          resource,
          method,
          pathParameters: parameters.length > 0 ? Object.fromEntries(parameters) : null,
        };
      }
      return undefined;
    },
  };
}

const order = ({ segments }: Entry): string => segments.map(rank).join('');

function match(segments: readonly string[], parts: readonly string[]): [string, string][] | undefined {
  const parameters: [string, string][] = [];
  for (const [index, segment] of segments.entries()) {
    const part = parts[index];
    if (part === undefined || part === '') return undefined;
    if (isGreedy(segment)) {
      parameters.push([parameterName(segment), parts.slice(index).join('/')]);
      return parameters;
    }
    if (isParameter(segment)) parameters.push([parameterName(segment), part]);
    else if (segment !== part) return undefined;
  }
  return segments.length === parts.length ? parameters : undefined;
}
