// IAM statements of a template as lines a person can compare: action, on what, under which condition.
import { isDeepStrictEqual } from 'node:util';

import { allResources, type Properties, type Synthesised } from './synthesised.ts';

export type Statement = Properties & {
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | string[]>>>>;
};

/** `Vault Table.Arn` → `Vault`: what of ours a resource expression names. */
export function nameOf(resource: unknown): string {
  if (typeof resource === 'string') return resource;
  const text = JSON.stringify(resource);
  const logGroup = /:log-group:\/portunus\/\w+\/(\w+):\*/.exec(text);
  if (logGroup) return `${logGroup[1]} logs`;
  const exported = /ExportsOutput(?:FnGetAtt|Ref)([A-Za-z]+?)[0-9A-F]{8}(StreamArn)?/.exec(text);
  const [index = ''] = /\/index\/\w+/.exec(text) ?? [];
  if (exported) return `${exported[1]}${exported[2] ? ' stream' : ''}${index}`;
  const own = /"Fn::GetAtt":\["([A-Za-z]+?)[0-9A-F]{8}","Arn"\]/.exec(text);
  return own?.[1] ?? text;
}

const ROWS = 'dynamodb:LeadingKeys';
const ATTRIBUTES = 'dynamodb:Attributes';

/** Partition patterns of a statement on a table; undefined where a call may leave the partition open. */
export function partitionsOf({ Condition = {} }: Statement): string[] | undefined {
  const patterns = Condition['ForAllValues:StringLike']?.[ROWS];
  return patterns === undefined || Condition['Null']?.[ROWS] !== 'false' ? undefined : [patterns].flat();
}

/** `rows …` and `attributes …` stand for exactly the conditions that infra/grants.ts makes; any other one is shown as it is. */
function conditionOf(statement: Statement): string[] {
  const { Condition } = statement;
  if (!Condition) return [];
  const rows = partitionsOf(statement);
  const attributes = Condition['ForAllValues:StringLike']?.[ATTRIBUTES];
  const expected = {
    'ForAllValues:StringLike': {
      ...(attributes && { [ATTRIBUTES]: attributes }),
      [ROWS]: Condition['ForAllValues:StringLike']?.[ROWS],
    },
    Null: { ...(attributes && { [ATTRIBUTES]: 'false' }), [ROWS]: 'false' },
    ...(attributes && {
      StringEqualsIfExists: { 'dynamodb:ReturnValues': ['NONE', 'UPDATED_OLD', 'UPDATED_NEW'] },
    }),
  };
  if (!rows || !isDeepStrictEqual(Condition, expected)) return ['if', JSON.stringify(Condition)];
  return ['rows', ...rows, ...(attributes ? ['attributes', ...[attributes].flat()] : [])];
}

/** Statements that differ only in their resource are merged by the CDK. */
const linesOf = (action: string, statement: Statement) =>
  [statement.Resource]
    .flat()
    .map((resource) => [action, 'on', nameOf(resource), ...conditionOf(statement)].join(' '));

/** Role → the statements of its inline policies. A test proves that there are no others. */
export const roleStatements = (stage: Synthesised): readonly (readonly [string, readonly Statement[]])[] =>
  allResources(stage).flatMap(([id, { Type, Properties }]) => {
    const { Policies } = Properties ?? {};
    if (Type !== 'AWS::IAM::Role' || !Policies) return [];
    const documents = (Policies as { PolicyDocument: { Statement: Statement[] } }[]).map(
      ({ PolicyDocument }) => PolicyDocument.Statement,
    );
    return [[id.replace(/role[0-9A-F]{8}$/, ''), documents.flat()] as const];
  });

/** Role → its lines. What every function has (the log group of its stack, traces) is left out unless it differs. */
export function roleTable(stage: Synthesised): Record<string, string[]> {
  const rows = roleStatements(stage).map(([role, statements]): [string, string[]] => {
    const lines = statements.flatMap((statement) =>
      [statement.Action].flat().flatMap((action) => linesOf(action, statement)),
    );
    return [role, lines.filter((line) => !USUAL.includes(line)).toSorted()];
  });
  return Object.fromEntries(rows.toSorted(([one], [other]) => one.localeCompare(other)));
}

const USUAL = [
  'logs:CreateLogStream on functionlogs',
  'logs:PutLogEvents on functionlogs',
  'logs:CreateLogStream on scannerlogs',
  'logs:PutLogEvents on scannerlogs',
  'xray:PutTelemetryRecords on *',
  'xray:PutTraceSegments on *',
];
