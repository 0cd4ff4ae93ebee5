// `$context.…`: what templates and header mappings may say about a request.
import { type Call, matchOf, valueOf } from './call.ts';
import type { Refusal } from './refusal.ts';

export type ContextSite = { readonly apiId: string; readonly stageName: string; readonly account: string };

export type Variables = (name: string) => string | undefined;

/** Names without the leading `$context.` */
export function contextVariables(call: Call, site: ContextSite, refusal?: Refusal): Variables {
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
    domainName: valueOf(call.headers, 'host')?.split(':')[0],
    'identity.sourceIp': call.sourceIp,
    'identity.userAgent': valueOf(call.headers, 'user-agent'),
    'error.message': refusal?.text ?? undefined,
    'error.messageString': refusal && JSON.stringify(refusal.text),
    'error.responseType': refusal?.type,
    'error.validationErrorString': refusal?.validationErrors,
  };
  return (name) => {
    const own = /^authorizer\.(?:claims\.)?(.+)$/.exec(name)?.[1];
    if (own !== undefined) return call.authorizer?.[own]?.toString();
    return fixed[name];
  };
}

/** Only `$context` and nothing of VTL: what a template uses beyond it stops the start (see `checkTemplate`). */
export const renderTemplate = (template: string, variables: Variables): string =>
  template.replaceAll(/\$context\.([A-Za-z0-9_.]*[A-Za-z0-9_])/g, (_, name: string) => variables(name) ?? '');

export function checkTemplate(where: string, template: string): void {
  const unknown = /#(?:set|if|foreach|macro|else|end)\b|\$(?:input|util|stageVariables|!|\{)/.exec(
    template,
  )?.[0];
  if (unknown !== undefined) throw new Error(`${where}: ${unknown} in a mapping template is not copied`);
}

/** `'text'`, `context.…`, `method.request.header.…` → a header's value; undefined leaves the header out. */
export function mappedValue(expression: string, call: Call, variables: Variables): string | undefined {
  const literal = /^'(.*)'$/s.exec(expression)?.[1];
  if (literal !== undefined) return literal;
  const variable = /^context\.(.+)$/.exec(expression)?.[1];
  if (variable !== undefined) return variables(variable);
  const header = /^method\.request\.header\.(.+)$/.exec(expression)?.[1];
  if (header !== undefined) return valueOf(call.headers, header);
  const parameter = /^method\.request\.path\.(.+)$/.exec(expression)?.[1];
  return parameter === undefined ? undefined : matchOf(call).pathParameters?.[parameter];
}
