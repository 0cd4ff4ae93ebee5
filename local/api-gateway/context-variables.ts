// `$context.…` variables for templates and header mappings.
import { type Call, requireMatch, headerValue } from './api-call.ts';
import type { GatewayError } from './gateway-error.ts';

export type ContextSite = { readonly apiId: string; readonly stageName: string; readonly account: string };

export type Variables = (name: string) => string | undefined;

/** Names without the leading `$context.` */
export function contextVariables(call: Call, site: ContextSite, gatewayError?: GatewayError): Variables {
  const fixed: Record<string, string | undefined> = {
    accountId: site.account,
    apiId: site.apiId,
    stage: site.stageName,
    requestId: call.requestId,
    extendedRequestId: call.extendedRequestId,
    httpMethod: call.method,
    path: call.path,
    protocol: 'HTTP/1.1',
    requestTimeEpoch: String(call.receivedAt),
    resourceId: call.match?.resource.id,
    resourcePath: call.match?.resource.path,
    domainName: headerValue(call.headers, 'host')?.split(':')[0],
    'identity.sourceIp': call.sourceIp,
    'identity.userAgent': headerValue(call.headers, 'user-agent'),
    'error.message': gatewayError?.text ?? undefined,
    'error.messageString': gatewayError && JSON.stringify(gatewayError.text),
    'error.responseType': gatewayError?.type,
    'error.validationErrorString': gatewayError?.validationErrors,
  };
  return (name) => {
    const own = /^authorizer\.(?:claims\.)?(.+)$/.exec(name)?.[1];
    if (own !== undefined) return call.authorizer?.[own]?.toString();
    return fixed[name];
  };
}

/** Substitutes `$context` only; a template that uses more of VTL fails the start (see `checkTemplate`). */
export const renderTemplate = (template: string, variables: Variables): string =>
  template.replaceAll(/\$context\.([A-Za-z0-9_.]*[A-Za-z0-9_])/g, (_, name: string) => variables(name) ?? '');

export function checkTemplate(where: string, template: string): void {
  const unknown = /#(?:set|if|foreach|macro|else|end)\b|\$(?:input|util|stageVariables|!|\{)/.exec(
    template,
  )?.[0];
  if (unknown !== undefined) throw new Error(`${where}: ${unknown} in a mapping template is not supported`);
}

/** `'text'`, `context.…`, `method.request.header.…` → a header's value; undefined leaves the header out. */
export function mappedValue(expression: string, call: Call, variables: Variables): string | undefined {
  const literal = /^'(.*)'$/s.exec(expression)?.[1];
  if (literal !== undefined) return literal;
  const variable = /^context\.(.+)$/.exec(expression)?.[1];
  if (variable !== undefined) return variables(variable);
  const header = /^method\.request\.header\.(.+)$/.exec(expression)?.[1];
  if (header !== undefined) return headerValue(call.headers, header);
  const parameter = /^method\.request\.path\.(.+)$/.exec(expression)?.[1];
  return parameter === undefined ? undefined : requireMatch(call).pathParameters?.[parameter];
}
