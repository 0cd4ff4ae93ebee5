// CloudWatch Logs: log groups, their newest events, and the masking of their data protection policies.
import { randomUUID } from 'node:crypto';
import * as z from 'zod';

import type { ResourceType } from '#local/cloudformation/resource-type.ts';

export type LogEvent = {
  readonly id: string;
  readonly timestamp: number;
  readonly stream: string;
  readonly message: string;
};

export type EventQuery = {
  readonly from: number;
  readonly to: number;
  readonly streams?: readonly string[] | undefined;
};

export type LogGroups = {
  readonly type: ResourceType;
  readonly arnOf: (name: string) => string;
  readonly exists: (name: string) => boolean;
  /** Stores a line as an event. Groups that the template lacks store nothing, as Lambda loses such lines. */
  readonly put: (name: string, stream: string, message: string) => LogEvent | undefined;
  /** Event as readers without `logs:Unmask` and subscribers see it. */
  readonly masked: (name: string, event: LogEvent) => LogEvent;
  readonly events: (name: string, query: EventQuery) => readonly LogEvent[];
};

/** As CDK writes it. Managed identifiers, which have ARNs, have no published patterns: only custom ones mask here. */
const DataProtectionPolicy = z.object({
  Statement: z.array(
    z.object({
      DataIdentifier: z.array(z.string()),
      Operation: z.union([z.object({ Audit: z.object({}) }), z.object({ Deidentify: z.object({}) })]),
    }),
  ),
  Configuration: z
    .object({ CustomDataIdentifier: z.array(z.object({ Name: z.string(), Regex: z.string() })).max(10) })
    .optional(),
});

function patternsIn(policy: unknown): RegExp[] {
  if (policy === undefined) return [];
  const given: unknown = typeof policy === 'string' ? JSON.parse(policy) : policy;
  const { Statement, Configuration } = DataProtectionPolicy.parse(given);
  const masking = Statement.flatMap(({ DataIdentifier, Operation }) =>
    'Deidentify' in Operation ? DataIdentifier : [],
  );
  const custom = Configuration?.CustomDataIdentifier ?? [];
  return custom
    .filter(({ Name }) => masking.some((one) => one === Name || one.endsWith(`/${Name}`)))
    .map(({ Regex }) => new RegExp(Regex, 'g'));
}

type Group = { readonly patterns: readonly RegExp[]; events: LogEvent[] };

/** Events of one group. */
const LIMIT = 20_000;

export function createLogGroups(site: { readonly account: string; readonly region: string }): LogGroups {
  const groups = new Map<string, Group>();
  const arnOf = (name: string) => `arn:aws:logs:${site.region}:${site.account}:log-group:${name}:*`;
  return {
    arnOf,
    exists: (name) => groups.has(name),
    put(name, stream, message) {
      const group = groups.get(name);
      if (!group) return undefined;
      const event = { id: randomUUID(), timestamp: Date.now(), stream, message };
      group.events.push(event);
      if (group.events.length > 2 * LIMIT) group.events = group.events.slice(-LIMIT);
      return event;
    },
    masked(name, event) {
      const message = (groups.get(name)?.patterns ?? []).reduce(
        (text, pattern) => text.replaceAll(pattern, (found) => '*'.repeat(found.length)),
        event.message,
      );
      return { ...event, message };
    },
    events: (name, { from, to, streams }) =>
      (groups.get(name)?.events ?? []).filter(
        ({ timestamp, stream }) =>
          timestamp >= from && timestamp <= to && (streams === undefined || streams.includes(stream)),
      ),
    type: {
      honours: ['LogGroupName', 'DataProtectionPolicy'],
      ignores: {
        RetentionInDays: 'events live as long as the stack runs',
        KmsKeyId: 'events are held in memory',
        LogGroupClass: 'a price',
        Tags: 'no billing',
      },
      create({ physicalName, properties }) {
        const name = typeof properties.LogGroupName === 'string' ? properties.LogGroupName : physicalName;
        groups.set(name, { patterns: patternsIn(properties.DataProtectionPolicy), events: [] });
        return { ref: name, attributes: { Arn: arnOf(name) } };
      },
    },
  };
}
