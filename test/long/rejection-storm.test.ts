import { expect, it } from 'vitest';

import { calm, rejectionStorm } from '#test/support/rejection-storm.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const AT_ONCE = 100;
const PATIENCE_SECONDS = 300;

onEngine('a key that its provider rejects', () => {
  const portunus = usePortunus({
    // A process for each call; the functions behind the stream have theirs.
    lambdaOptions: { maxInstances: AT_ONCE + 20 },
    mutate(templates) {
      for (const { Resources } of Object.values(templates)) {
        for (const [id, { Type, Properties = {} }] of Object.entries(Resources)) {
          if (id.startsWith('mcp') && Type === 'AWS::Lambda::Function')
            Properties['Timeout'] = PATIENCE_SECONDS;
          if (id.startsWith('apimcpANY') && Type === 'AWS::ApiGateway::Method') {
            Object.assign(Properties['Integration'] as object, { TimeoutInMillis: PATIENCE_SECONDS * 1000 });
          }
        }
      }
    },
  });

  it('costs one call more for each of 100 calls at once, each in an instance of its own', async () => {
    const storm = await rejectionStorm(portunus.current, { name: 'cid', calls: AT_ONCE, atOnce: AT_ONCE });
    process.stderr.write(`${storm.rejected} of ${AT_ONCE} met the rejection\n`);
    expect(storm).toMatchObject(calm(AT_ONCE));
    expect(storm.rejected).toBe(storm.met);
    expect(storm.rejected).toBeGreaterThan(20);
    expect(storm.rejected).toBeLessThanOrEqual(AT_ONCE);
  }, 600_000);
});
