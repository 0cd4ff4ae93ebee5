// What may be done with a table: the whole of it, some of its rows, one of its indexes.
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

export const onTable = (actions: readonly string[], table: { tableArn: string }) =>
  new PolicyStatement({
    actions: actions.map((action) => `dynamodb:${action}`),
    resources: [table.tableArn],
  });

/** On the rows of these partitions only. @param partition may end in `*` */
export const onRows = (actions: readonly string[], { tableArn }: { tableArn: string }, partition: string) =>
  new PolicyStatement({
    actions: actions.map((action) => `dynamodb:${action}`),
    resources: [tableArn],
    // `ForAllValues` alone would hold for a call that names no key at all, as a Scan does; these actions always name one.
    conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [partition] } },
  });

export const onIndex = ({ tableArn }: { tableArn: string }, index: string) =>
  new PolicyStatement({ actions: ['dynamodb:Query'], resources: [`${tableArn}/index/${index}`] });

/** Nothing else of a row: the sweep can neither thaw a key nor put another value in its place. */
export const toDropPreviousValues = ({ tableArn }: { tableArn: string }) =>
  new PolicyStatement({
    actions: ['dynamodb:UpdateItem'],
    resources: [tableArn],
    conditions: {
      'ForAllValues:StringEquals': { 'dynamodb:Attributes': ['pk', 'sk', 'rv', 'ver', 'prev', 'expDay'] },
      Null: { 'dynamodb:Attributes': 'false' },
    },
  });
