// POST /mcp/tools/invoke — call a tool over REST: the same path as /mcp.
import { AppError } from '#shared/core/errors.ts';
import { invoke } from '#shared/composition/invoke.ts';
import { InvokeBody } from '#shared/tools/api.ts';

import { authenticatedRoute } from './edge/authenticated-route.ts';
import { fitsBuffered } from './edge/response.ts';

export const handler = authenticatedRoute('tools-invoke', {
  input: { body: InvokeBody },
  action: 'tool.called',
  category: 'api_call',

  async run({ input: { body }, principal, requestId, deadline, hops, idempotencyKey }) {
    if (body.user_id !== undefined && body.user_id !== principal.subject) {
      throw new AppError('forbidden', 'Tools can be called only on your own behalf.', {
        next_step: 'Omit user_id.',
      });
    }
    const { tool_name: toolName, parameters } = body;
    const call = { principal, requestId, deadline, hops, idempotencyKey, canReturn: fitsBuffered };
    const answer = await invoke()({ toolName, parameters, ...call });
    const { replayed } = answer;
    if (!answer.ok) return { recorded: true, error: answer.error, failure: answer.failure, replayed };
    const { result, cached, mode, reason, attempts, usage, notes, ageSeconds: age_seconds } = answer;
    const { requestId: request_id } = answer;
    const how = { cached, mode, reason, attempts, age_seconds };
    const reply = { result, success: true, ...how, usage, notes, request_id };
    return { recorded: true, body: reply, replayed };
  },
});
