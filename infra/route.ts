// One row of functions/routes.ts → one method of the API in front of one Lambda.
import { Duration, Stack } from 'aws-cdk-lib';
import {
  AuthorizationType,
  type IAuthorizer,
  type IModel,
  LambdaIntegration,
  type RequestValidator,
  ResponseTransferMode,
  type RestApi,
} from 'aws-cdk-lib/aws-apigateway';

import type { Route } from '#functions/routes.ts';

import { acknowledge } from './acknowledge.ts';
import { createFunction, type FunctionSite } from './function.ts';

export type RouteSite = FunctionSite & {
  readonly api: RestApi;
  readonly authorizer: IAuthorizer;
  readonly validator: RequestValidator;
  /** Request schemas by route name, enforced by the gateway before a function starts. */
  readonly models: ReadonlyMap<string, IModel>;
};

export function route(site: RouteSite, row: Route): void {
  const { api, authorizer, validator } = site;
  // In the stack, not in the API: there `health` would be the name of the path's construct, too.
  const fn = createFunction(Stack.of(api), site, {
    name: row.name,
    needs: row.needs,
    description: `${row.method} ${row.path}`,
    timeoutSeconds: row.timeoutSeconds,
    reservedConcurrency: row.streaming && site.config.concurrency.streams,
  });
  fn.addEnvironment('WEB_ORIGIN', site.config.webOrigin ?? '');
  const model = site.models.get(row.name);
  const served = integration(row, fn);
  for (const { method: verb, path } of [row, ...(row.aliases ?? [])]) {
    const method = api.root.resourceForPath(path).addMethod(verb, served, {
      ...(row.kind === 'public'
        ? { authorizationType: AuthorizationType.NONE }
        : { authorizer, authorizationType: AuthorizationType.CUSTOM }),
      ...(model && { requestModels: { 'application/json': model }, requestValidator: validator }),
    });
    acknowledge(method, {
      'AwsSolutions-COG4':
        'Our own REQUEST authorizer verifies the token: issuers other than Cognito are supported.',
      ...(row.kind === 'public' && {
        'AwsSolutions-APIG4': 'Declared public in functions/routes.ts: a route without a caller.',
      }),
    });
  }
}

function integration(row: Route, fn: ConstructorParameters<typeof LambdaIntegration>[0]): LambdaIntegration {
  return new LambdaIntegration(fn, {
    allowTestInvoke: false,
    ...(row.streaming && {
      responseTransferMode: ResponseTransferMode.STREAM,
      timeout: Duration.seconds(row.timeoutSeconds ?? 29),
    }),
  });
}
