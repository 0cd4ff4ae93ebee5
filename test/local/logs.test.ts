import { gunzipSync } from 'node:zlib';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createLogs } from '#local/logs/logs.ts';

import { create, createRole, site, startDataPlane } from './data-plane.ts';

const POLICY = {
  Name: 'secrets',
  Version: '2021-06-01',
  Statement: [
    { DataIdentifier: ['OpenAiKey'], Operation: { Audit: { FindingsDestination: {} } } },
    { DataIdentifier: ['OpenAiKey'], Operation: { Deidentify: { MaskConfig: {} } } },
  ],
  Configuration: { CustomDataIdentifier: [{ Name: 'OpenAiKey', Regex: 'sk-[a-z0-9]{8,}' }] },
};
const LINE = 'the key sk-0123456789 was logged';
const MASKED = 'the key ************* was logged';
const FUNCTION = `arn:aws:lambda:${site.region}:${site.account}:function:scanner`;

type Batch = {
  readonly messageType: string;
  readonly logGroup: string;
  readonly logStream: string;
  readonly logEvents: readonly { readonly id: string; readonly message: string }[];
};

function setUp({ allowed = true, failures = 0 }: { allowed?: boolean; failures?: number } = {}) {
  const received: Batch[] = [];
  const problems: string[] = [];
  let failing = failures;
  const logs = createLogs({
    site,
    logSubscriptions: true,
    onProblem: (line) => void problems.push(line),
    lambda: () => ({
      mayInvoke: ({ principal, sourceArn }) =>
        allowed && principal === 'logs.amazonaws.com' && sourceArn.includes(':log-group:/portunus/'),
      invoke: async (_arn, payload) => {
        failing -= 1;
        if (failing >= 0)
          return { payload: { errorMessage: 'x', errorType: 'Error' }, functionError: 'Unhandled' };
        const { data } = (payload as { awslogs: { data: string } }).awslogs;
        received.push(JSON.parse(String(gunzipSync(Buffer.from(data, 'base64')))) as Batch);
        return { payload: null };
      },
    }),
  });
  const group = (name: string, more: object = {}) =>
    create(logs.types, 'AWS::Logs::LogGroup', { LogGroupName: name, ...more }, name);
  const subscribe = (name: string, more: object = {}) =>
    create(logs.types, 'AWS::Logs::SubscriptionFilter', {
      LogGroupName: name,
      FilterPattern: '',
      DestinationArn: FUNCTION,
      ...more,
    });
  return { logs, group, subscribe, received, problems };
}

const write = ({ logs }: ReturnType<typeof setUp>, line: string, logGroup = '/portunus/api') =>
  logs.onFunctionLine({ name: 'fn', logGroup }, line);

describe('a subscription filter of a log group', () => {
  it('delivers every line of the group, in batches, with what its policy masks replaced', async () => {
    const stack = setUp();
    await stack.group('/portunus/api', { DataProtectionPolicy: POLICY });
    await stack.subscribe('/portunus/api');
    write(stack, LINE);
    write(stack, 'another');
    write(stack, 'of a group without a subscription', '/other');
    await stack.logs.settled();
    expect(stack.received).toMatchObject([
      {
        messageType: 'DATA_MESSAGE',
        logGroup: '/portunus/api',
        logStream: 'fn[$LATEST]local',
        logEvents: [{ message: MASKED }, { message: 'another' }],
      },
    ]);
  });

  it('is refused for a group that does not exist, and without permission to invoke the function', async () => {
    const refused = setUp({ allowed: false });
    await expect(refused.subscribe('/portunus/api')).rejects.toThrow('does not exist');
    await refused.group('/portunus/api');
    await expect(refused.subscribe('/portunus/api')).rejects.toThrow('permission to execute your function');
  });

  it('is refused with a pattern that is not implemented', async () => {
    const stack = setUp();
    await stack.group('/portunus/api');
    await expect(stack.subscribe('/portunus/api', { FilterPattern: 'ERROR' })).rejects.toThrow(
      'FilterPattern',
    );
  });

  it('delivers again after a failure, and reports a batch that fails three times', async () => {
    for (const [failures, delivered] of [
      [2, 1],
      [3, 0],
    ] as const) {
      const stack = setUp({ failures });
      await stack.group('/portunus/api');
      await stack.subscribe('/portunus/api');
      write(stack, LINE);
      await stack.logs.settled();
      expect([stack.received.length, stack.problems.length]).toEqual([delivered, 1 - delivered]);
    }
  });
});

const query = (more: object = {}) =>
  new FilterLogEventsCommand({ logGroupName: '/portunus/api', logStreamNames: ['one'], ...more });

describe('FilterLogEvents', () => {
  let plane: Awaited<ReturnType<typeof startDataPlane>>;
  beforeAll(async () => {
    plane = await startDataPlane('dynoxide');
    await create({ 'AWS::Logs::LogGroup': plane.logGroups.type }, 'AWS::Logs::LogGroup', {
      LogGroupName: '/portunus/api',
      DataProtectionPolicy: POLICY,
    });
    plane.logGroups.put('/portunus/api', 'one', LINE);
    plane.logGroups.put('/portunus/api', 'two', 'of another stream');
  });
  afterAll(async () => plane.stop());

  async function clientWith(...actions: string[]) {
    const name = actions.join('-').replaceAll(':', '') || 'none';
    const Resource = plane.logGroups.arnOf('/portunus/api');
    const statements = actions.map((Action) => ({ Effect: 'Allow', Action, Resource }));
    const role = await createRole(plane.types, name, ...statements);
    return new CloudWatchLogsClient({
      endpoint: plane.awsEndpoint.url,
      region: site.region,
      credentials: plane.iam.credentialsFor(role, name),
      maxAttempts: 1,
    });
  }
  it('returns masked events, and the events as written only with logs:Unmask', async () => {
    const reader = await clientWith('logs:FilterLogEvents');
    expect((await reader.send(query())).events).toMatchObject([{ message: MASKED, logStreamName: 'one' }]);
    await expect(reader.send(query({ unmask: true }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    const unmasker = await clientWith('logs:FilterLogEvents', 'logs:Unmask');
    expect((await unmasker.send(query({ unmask: true }))).events).toMatchObject([{ message: LINE }]);
  });

  it('is denied without its own permission, and for another group', async () => {
    const none = await clientWith('logs:Unmask');
    await expect(none.send(query())).rejects.toMatchObject({ name: 'AccessDeniedException' });
    const reader = await clientWith('logs:FilterLogEvents');
    await expect(reader.send(query({ logGroupName: '/other' }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });
});
