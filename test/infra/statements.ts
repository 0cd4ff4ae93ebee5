// IAM statements of a template as lines a person can compare: action, on what, under which condition.
import { allResources, type Properties, type Synthesised } from './synthesised.ts';

type Statement = Properties & { readonly Action: string | string[]; readonly Resource: unknown };

/** `Vault Table.Arn` → `Vault`: what of ours a resource expression names. */
function nameOf(resource: unknown): string {
  if (typeof resource === 'string') return resource;
  const text = JSON.stringify(resource);
  const exported = /ExportsOutput(?:FnGetAtt|Ref)([A-Za-z]+?)[0-9A-F]{8}(StreamArn)?/.exec(text);
  const [index = ''] = /\/index\/\w+/.exec(text) ?? [];
  if (exported) return `${exported[1]}${exported[2] ? ' stream' : ''}${index}`;
  const own = /"Fn::GetAtt":\["([A-Za-z]+?)[0-9A-F]{8}","Arn"\]/.exec(text);
  return own?.[1] ?? text;
}

/** Statements that differ only in their resource are merged by the CDK. */
const linesOf = (action: string, { Resource, Condition }: Statement) =>
  [Resource]
    .flat()
    .map((resource) =>
      [action, 'on', nameOf(resource), ...(Condition ? ['if', JSON.stringify(Condition)] : [])].join(' '),
    );

/** Role → its lines. What every function has (its own log group, traces) is left out unless it differs. */
export function roleTable(stage: Synthesised): Record<string, string[]> {
  const policies = allResources(stage).filter(([, { Type }]) => Type === 'AWS::IAM::Policy');
  const rows = policies.map(([id, { Properties }]): [string, string[]] => {
    const role = id.replace(/(role)?DefaultPolicy.*/, '');
    const statements = Properties['PolicyDocument'].Statement as Statement[];
    const lines = statements.flatMap((statement) =>
      [statement.Action].flat().flatMap((action) => linesOf(action, statement)),
    );
    return [role, lines.filter((line) => !usual(role).includes(line)).toSorted()];
  });
  return Object.fromEntries(rows.toSorted(([one], [other]) => one.localeCompare(other)));
}

export const usual = (role: string): string[] => [
  `logs:CreateLogStream on ${role}logs`,
  `logs:PutLogEvents on ${role}logs`,
  'xray:PutTelemetryRecords on *',
  'xray:PutTraceSegments on *',
];
