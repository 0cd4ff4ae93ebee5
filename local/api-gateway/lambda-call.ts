// Shared by both Lambda integrations: permission, time limit and the mapping of Lambda's rejections.
import { LambdaRejection } from '#local/lambda/function-error.ts';
import type { Lambda } from '#local/lambda/lambda.ts';

import { type Call, requireMatch } from './api-call.ts';
import type { ProxyIntegration } from './api-definition.ts';
import { type EventSite, methodArn } from './proxy-event.ts';
import { GatewayError } from './gateway-error.ts';

export type IntegrationSite = { readonly site: EventSite; readonly lambda: Lambda };

export function requirePermission(
  { site, lambda }: IntegrationSite,
  call: Call,
  { Uri }: ProxyIntegration,
): void {
  const sourceArn = methodArn(site, call, requireMatch(call).resource.path);
  const request = { functionArn: Uri.functionArn, principal: 'apigateway.amazonaws.com', sourceArn };
  if (!lambda.mayInvoke(request)) throw new GatewayError('API_CONFIGURATION_ERROR');
}

/** Limits the wait, not the work: the function runs until it ends, as on AWS. */
export async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new GatewayError('INTEGRATION_TIMEOUT')), milliseconds);
  });
  try {
    return await Promise.race([work, timeout]);
  } catch (error) {
    if (!(error instanceof LambdaRejection)) throw error;
    throw new GatewayError(
      error.code === 'RequestTooLargeException' ? 'REQUEST_TOO_LARGE' : 'API_CONFIGURATION_ERROR',
    );
  } finally {
    clearTimeout(timer);
  }
}
