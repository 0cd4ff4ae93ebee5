// Daily reports on the content table: pk `REPORTS`, sk the date, `doc` the report as JSON.
import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';

import { DailyReport, type ReportStore } from '#shared/audit/report-api.ts';
import { AppError } from '#shared/core/errors.ts';

import { readPage } from './read-page.ts';
import { write } from './transaction.ts';

const pk = 'REPORTS';
const DATE = /^\d{4}-\d\d-\d\d$/;

const reportIn = ({ doc }: Readonly<Record<string, unknown>>): DailyReport =>
  DailyReport.parse(JSON.parse(String(doc)));

export function reportTable(db: DynamoDBDocumentClient, TableName: string): ReportStore {
  return {
    put: (report) =>
      write(
        { Put: { TableName, Item: { pk, sk: report.date, doc: JSON.stringify(report) } } },
        () => new AppError('internal'), // it has no condition to fail
      ),

    async find(date) {
      const { Item } = await db.send(new GetCommand({ TableName, Key: { pk, sk: date } }));
      return Item && reportIn(Item);
    },

    async page({ limit, after }) {
      if (after !== undefined && !DATE.test(after)) throw new AppError('invalid_input', 'Invalid cursor.');
      const query = {
        TableName,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': pk },
        ScanIndexForward: false,
      };
      const { rows, next } = await readPage(db, query, {
        limit,
        after: after === undefined ? undefined : { pk, sk: after },
      });
      return { reports: rows.map(reportIn), ...(next !== undefined && { next }) };
    },
  };
}
