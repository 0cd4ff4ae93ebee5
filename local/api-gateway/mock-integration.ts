// MOCK integrations, as used for CORS preflights.
import type { ServerResponse } from 'node:http';

import type { Call } from './api-call.ts';
import { checkTemplate, mappedValue, renderTemplate, type Variables } from './context-variables.ts';
import type { Method, MockIntegration } from './api-definition.ts';
import { GatewayError } from './gateway-error.ts';
import { identify } from './response-headers.ts';

/** The request template's `{ statusCode: 200 }`: not quite JSON, and CDK writes it so. */
const statusIn = (template: string | undefined): string =>
  /"?statusCode"?\s*:\s*(\d+)/.exec(template ?? '')?.[1] ?? '200';

/** @throws as AWS does, for a mapped header that the method response does not declare. */
export function checkMock(where: string, method: Method, { IntegrationResponses }: MockIntegration): void {
  for (const { StatusCode, ResponseParameters, ResponseTemplates } of IntegrationResponses) {
    const declared = method.MethodResponses.find((response) => response.StatusCode === StatusCode);
    if (declared === undefined) throw new Error(`${where}: no method response for status ${StatusCode}`);
    const missing = Object.keys(ResponseParameters).find((name) => !(name in declared.ResponseParameters));
    if (missing !== undefined) throw new Error(`${where}: the method response does not declare ${missing}`);
    for (const template of Object.values(ResponseTemplates)) checkTemplate(where, template);
  }
}

export function answerMock(
  { call, variables }: { call: Call; variables: Variables },
  response: ServerResponse,
  integration: MockIntegration,
): void {
  const chosen = choose(integration);
  if (chosen === undefined) throw new GatewayError('API_CONFIGURATION_ERROR');
  response.statusCode = Number(chosen.StatusCode);
  response.setHeader('Content-Type', 'application/json');
  identify(response, call);
  for (const [name, expression] of Object.entries(chosen.ResponseParameters)) {
    const value = mappedValue(expression, call, variables);
    if (value !== undefined) response.setHeader(name.replace('method.response.header.', ''), value);
  }
  response.end(renderTemplate(chosen.ResponseTemplates['application/json'] ?? '', variables));
}

/** The response whose pattern fits the mock's status, else the one without a pattern. */
function choose({ RequestTemplates, IntegrationResponses }: MockIntegration) {
  const status = statusIn(RequestTemplates['application/json']);
  const fits = (pattern = ''): boolean => pattern !== '' && new RegExp(`^(?:${pattern})$`).test(status);
  return (
    IntegrationResponses.find(({ SelectionPattern }) => fits(SelectionPattern)) ??
    IntegrationResponses.find(({ SelectionPattern }) => !SelectionPattern)
  );
}
