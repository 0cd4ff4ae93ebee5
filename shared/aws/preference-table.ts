// Preferences on the content table: pk `U#<ownerId>`, sk `PREFERENCES`, one row per owner.
import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';

import {
  changedMeanwhile,
  NO_PREFERENCES,
  Preferences,
  type PreferenceStore,
} from '#shared/account/preferences.ts';

import { write } from './transaction.ts';

const preferencesKey = (ownerId: string) => ({ pk: `U#${ownerId}`, sk: 'PREFERENCES' });

export function preferenceTable(db: DynamoDBDocumentClient, TableName: string): PreferenceStore {
  return {
    async find(ownerId) {
      const { Item } = await db.send(
        new GetCommand({ TableName, Key: preferencesKey(ownerId), ConsistentRead: true }),
      );
      return Item && Preferences.parse(Item);
    },

    replace(ownerId, preferences) {
      const seen = preferences.version - 1;
      const condition =
        seen === 0
          ? { ConditionExpression: 'attribute_not_exists(pk)' }
          : {
              ConditionExpression: '#version = :seen',
              ExpressionAttributeNames: { '#version': 'version' },
              ExpressionAttributeValues: { ':seen': seen },
            };
      return write(
        { Put: { TableName, Item: { ...preferencesKey(ownerId), ...preferences }, ...condition } },
        (current) => changedMeanwhile(current ? Preferences.parse(current) : NO_PREFERENCES),
      );
    },
  };
}
