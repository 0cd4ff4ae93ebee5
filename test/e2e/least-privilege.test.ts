import { expect, it } from 'vitest';

import { canaryKey, providerChats, say, startPortunus } from '#test/support/portunus.ts';
import { onEngine } from '#test/support/suite.ts';
import { withoutPermission } from '#test/support/without-permission.ts';

onEngine('a function whose role lacks a permission', () => {
  it('is denied by the local IAM with the error of AWS, which the response does not expose', async () => {
    const portunus = await startPortunus({ mutate: withoutPermission('tools-invoke', 'kms:Decrypt') });
    try {
      const alice = await portunus.person('alice');
      await alice.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai') });
      const rejected = await alice.invoke('ai_chat', say('hello'));
      expect(rejected.body).toMatchObject({ status: 503, code: 'kms_denied' });
      expect(rejected.text).not.toContain('arn:');
      expect(providerChats(portunus)).toEqual([]);

      const denied = portunus.journal.all().filter(({ allowed }) => !allowed);
      expect(denied).toMatchObject([{ service: 'kms', operation: 'Decrypt' }]);
      expect((await alice.invoke('time_now')).status).toBe(200);
    } finally {
      await portunus.stop();
    }
  });

  it('answers no call successfully when it cannot write the audit trail', async () => {
    const portunus = await startPortunus({ mutate: withoutPermission('tools-invoke', 'dynamodb:PutItem') });
    try {
      const alice = await portunus.person('alice');
      const rejected = await alice.invoke('todo_create', { title: 'never' });
      expect(rejected.body).toMatchObject({ status: 503, code: 'unavailable' });
      expect((await portunus.rows('content')).filter(({ sk }) => String(sk).startsWith('TODO#'))).toEqual([]);
      const logged = portunus.lambda.logs().map(({ line }) => line);
      expect(logged.some((line) => line.includes('AccessDeniedException'))).toBe(true);
    } finally {
      await portunus.stop();
    }
  });
});
