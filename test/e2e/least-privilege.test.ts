import { expect, it } from 'vitest';

import { canaryKey, say, startPortunus } from '#test/support/portunus.ts';
import { onEngine } from '#test/support/suite.ts';

type Statement = { Action: string | string[]; Effect: string };

/** Takes one action out of the role of one function. */
const without =
  (functionName: string, action: string) =>
  (templates: Record<string, { Resources: Record<string, { Type: string; Properties?: unknown }> }>) => {
    let taken = 0;
    for (const { Resources } of Object.values(templates)) {
      for (const [id, { Properties }] of Object.entries(Resources)) {
        if (!id.toLowerCase().replaceAll('-', '').startsWith(functionName.replaceAll('-', ''))) continue;
        const { PolicyDocument } = (Properties ?? {}) as { PolicyDocument?: { Statement: Statement[] } };
        if (!PolicyDocument) continue;
        const kept = PolicyDocument.Statement.filter(({ Action }) => ![Action].flat().includes(action));
        taken += PolicyDocument.Statement.length - kept.length;
        PolicyDocument.Statement = kept;
      }
    }
    if (taken === 0) throw new Error(`${functionName} has no ${action} to take away.`);
  };

onEngine('a function whose role lacks a permission', () => {
  it('is refused by the local IAM in the words of AWS, and answers without telling', async () => {
    const portunus = await startPortunus({ mutate: without('tools-invoke', 'kms:Decrypt') });
    try {
      const alice = await portunus.person('alice');
      await alice.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai') });
      const refused = await alice.invoke('ai_chat', say('hello'));
      expect(refused.body).toMatchObject({ status: 503, code: 'kms_denied' });
      expect(refused.text).not.toContain('arn:');
      expect(portunus.provider?.journal()).toEqual([]);

      const denied = portunus.journal.all().filter(({ allowed }) => !allowed);
      expect(denied).toMatchObject([{ service: 'kms', operation: 'Decrypt' }]);
      expect((await alice.invoke('time_now')).status).toBe(200);
    } finally {
      await portunus.stop();
    }
  });

  it('answers no caller when it cannot write the audit trail', async () => {
    const portunus = await startPortunus({ mutate: without('tools-invoke', 'dynamodb:PutItem') });
    try {
      const alice = await portunus.person('alice');
      const refused = await alice.invoke('todo_create', { title: 'never' });
      expect(refused.body).toMatchObject({ status: 503, code: 'unavailable' });
      expect((await portunus.rows('content')).filter(({ sk }) => String(sk).startsWith('TODO#'))).toEqual([]);
      const logged = portunus.lambda.logs().map(({ line }) => line);
      expect(logged.some((line) => line.includes('AccessDeniedException'))).toBe(true);
    } finally {
      await portunus.stop();
    }
  });
});
