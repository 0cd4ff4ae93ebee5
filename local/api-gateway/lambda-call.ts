// What both kinds of Lambda integration share: permission, time limit, AWS's answers to a Lambda that refuses.
import { LambdaRejection } from '#local/lambda/function-error.ts';
import type { Lambda } from '#local/lambda/lambda.ts';

import { type Call, matchOf } from './call.ts';
import type { ProxyIntegration } from './definition.ts';
import { type EventSite, methodArn } from './proxy-event.ts';
import { Refusal } from './refusal.ts';

export type IntegrationSite = { readonly site: EventSite; readonly lambda: Lambda };

export function requirePermission(
  { site, lambda }: IntegrationSite,
  call: Call,
  { Uri }: ProxyIntegration,
): void {
  const sourceArn = methodArn(site, call, matchOf(call).resource.path);
  const request = { functionArn: Uri.functionArn, principal: 'apigateway.amazonaws.com', sourceArn };
  if (!lambda.mayInvoke(request)) throw new Refusal('API_CONFIGURATION_ERROR');
}

/** Gives up waiting, not the work: the function goes on until it ends, on AWS as well. */
export async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Refusal('INTEGRATION_TIMEOUT')), milliseconds);
  });
  try {
    return await Promise.race([work, timeout]);
  } catch (error) {
    if (!(error instanceof LambdaRejection)) throw error;
    throw new Refusal(
      error.code === 'RequestTooLargeException' ? 'REQUEST_TOO_LARGE' : 'API_CONFIGURATION_ERROR',
    );
  } finally {
    clearTimeout(timer);
  }
}
