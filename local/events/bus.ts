// Event buses: each event goes to the targets of every matching rule.
import type {
  ResourceRequest,
  ResourceType,
  ResourceTypes,
  Site,
} from '#local/cloudformation/resource-type.ts';

import type { Deliver } from './delivery.ts';
import { type BusEvent, type Entry, envelope, entryProblem } from './event.ts';
import { readRule, type Rule } from './rule.ts';

export type PutResult = { readonly error?: string };

export type Buses = {
  readonly types: ResourceTypes;
  /** PutEvents. When it settles, each accepted entry was handled, dead-lettered or lost. */
  readonly put: (
    busArn: string,
    entries: readonly Entry[],
    signal: AbortSignal,
  ) => Promise<readonly PutResult[]>;
  /** An event of an AWS service on the default bus; kept only if a rule matches. Settles as `put` does. */
  readonly putServiceEvent: (entry: Entry, signal: AbortSignal) => Promise<void>;
  readonly rules: () => readonly Rule[];
  /** The newest events, oldest first. */
  readonly events: () => readonly BusEvent[];
};

const KEPT_EVENTS = 10_000;

export function createBuses({ site, deliver }: { site: Site; deliver: Deliver }): Buses {
  const arnPrefix = `arn:aws:events:${site.region}:${site.account}`;
  const buses = new Set(['default']);
  const rules: Rule[] = [];
  const recorded: BusEvent[] = [];

  const matchingRules = (bus: string, event: BusEvent) =>
    rules.filter((rule) => rule.enabled && rule.bus === bus && rule.matches(event));

  async function send(event: BusEvent, matching: readonly Rule[], signal: AbortSignal): Promise<void> {
    recorded.push(event);
    if (recorded.length > KEPT_EVENTS) recorded.shift();
    await Promise.all(
      matching.flatMap(({ targets }) => targets).map((target) => deliver(target, event, signal)),
    );
  }

  async function putOne(bus: string, entry: Entry, signal: AbortSignal): Promise<PutResult> {
    const error = entryProblem(entry);
    if (error) return { error };
    const event = envelope(entry, site);
    await send(event, matchingRules(bus, event), signal);
    return {};
  }

  function createRule({ physicalName, properties }: ResourceRequest) {
    const rule = readRule(physicalName, properties, (bus) =>
      bus === 'default' ? `${arnPrefix}:rule/${physicalName}` : `${arnPrefix}:rule/${bus}/${physicalName}`,
    );
    if (!buses.has(rule.bus)) throw new Error(`There is no event bus ${rule.bus}.`);
    rules.push(rule);
    const ref = rule.bus === 'default' ? physicalName : `${rule.bus}|${physicalName}`;
    return { ref, attributes: { Arn: rule.arn } };
  }

  function createBus({ physicalName }: ResourceRequest) {
    buses.add(physicalName);
    const attributes = { Arn: `${arnPrefix}:event-bus/${physicalName}`, Name: physicalName };
    return { ref: physicalName, attributes };
  }

  return {
    types: {
      'AWS::Events::EventBus': { honours: ['Name'], ignores: BUS_IGNORES, create: createBus },
      'AWS::Events::Rule': {
        honours: ['Name', 'EventBusName', 'EventPattern', 'ScheduleExpression', 'State', 'Targets'],
        ignores: { Description: 'documentation', Tags: 'no billing' },
        create: createRule,
      },
      ...MEANINGLESS,
    },

    async put(busArn, entries, signal) {
      const bus = busArn.split('event-bus/')[1] ?? '';
      if (!buses.has(bus)) throw new Error(`ResourceNotFoundException: Event bus ${bus} does not exist.`);
      return Promise.all(entries.map((entry) => putOne(bus, entry, signal)));
    },

    async putServiceEvent(entry, signal) {
      const event = envelope(entry, site);
      const isRead = isReadEvent(entry);
      const matching = matchingRules('default', event).filter((rule) => rule.includesReadEvents || !isRead);
      if (matching.length > 0) await send(event, matching, signal);
    },

    rules: () => rules,
    events: () => recorded,
  };
}

const isReadEvent = ({ detail }: Entry) => (detail as { readOnly?: unknown }).readOnly === true;

const BUS_IGNORES = {
  DeadLetterConfig: 'it is for events that cannot be encrypted, and nothing is encrypted here',
  Description: 'documentation',
  KmsKeyIdentifier: 'the local bus stores nothing',
  LogConfig: 'the local bus shows its events to tests instead',
  Tags: 'no billing',
};

const MEANINGLESS: ResourceTypes = {
  'AWS::Events::EventBusPolicy': withoutMeaning(
    ['EventBusName', 'StatementId', 'Statement', 'Action', 'Principal', 'Condition'],
    'it lets other accounts in, and there are none',
  ),
  'AWS::Events::Archive': withoutMeaning(
    ['ArchiveName', 'SourceArn', 'EventPattern', 'RetentionDays', 'Description', 'KmsKeyIdentifier'],
    'nothing is archived or replayed on one machine',
  ),
};

function withoutMeaning(properties: readonly string[], reason: string): ResourceType {
  return {
    honours: [],
    ignores: Object.fromEntries(properties.map((name) => [name, reason])),
    create: ({ physicalName, site: { region, account } }) => ({
      ref: physicalName,
      attributes: { Arn: `arn:aws:events:${region}:${account}:archive/${physicalName}` },
    }),
  };
}
