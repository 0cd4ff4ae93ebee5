// Errors of API Gateway itself: response type, status, error name and message.

/** Gateway response types with the status AWS gives them and the exception that stands in x-amzn-ErrorType. */
const CASES = {
  ACCESS_DENIED: [403, 'AccessDeniedException', 'User is not authorized to access this resource'],
  API_CONFIGURATION_ERROR: [500, 'InternalServerErrorException', 'Internal server error'],
  AUTHORIZER_CONFIGURATION_ERROR: [500, 'AuthorizerConfigurationException', null],
  AUTHORIZER_FAILURE: [500, 'AuthorizerConfigurationException', null],
  BAD_REQUEST_BODY: [400, 'BadRequestException', 'Invalid request body'],
  BAD_REQUEST_PARAMETERS: [400, 'BadRequestException', 'Missing required request parameters'],
  DEFAULT_4XX: [400, 'BadRequestException', 'Bad Request'],
  DEFAULT_5XX: [500, 'InternalServerErrorException', 'Internal server error'],
  INTEGRATION_FAILURE: [502, 'InternalServerErrorException', 'Internal server error'],
  INTEGRATION_TIMEOUT: [504, 'InternalServerErrorException', 'Endpoint request timed out'],
  INVALID_SIGNATURE: [403, 'IncompleteSignatureException', 'Invalid Authorization header'],
  MISSING_AUTHENTICATION_TOKEN: [403, 'MissingAuthenticationTokenException', 'Missing Authentication Token'],
  REQUEST_TOO_LARGE: [413, 'RequestTooLongException', 'Request Too Long'],
  THROTTLED: [429, 'TooManyRequestsException', 'Too Many Requests'],
  UNAUTHORIZED: [401, 'UnauthorizedException', 'Unauthorized'],
} as const satisfies Record<string, readonly [status: number, errorType: string, message: string | null]>;

export type GatewayErrorType = keyof typeof CASES;

/** Thrown by any step of a request; the server answers with the API's gateway response of this type. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly type: GatewayErrorType;
  readonly status: number;
  readonly errorType: string;
  /** `$context.error.message`; some of AWS's own are null. */
  readonly text: string | null;
  readonly validationErrors: string | undefined;

  constructor(type: GatewayErrorType, text?: string, validationErrors?: string) {
    const [status, errorType, message] = CASES[type];
    super(text ?? message ?? type);
    this.type = type;
    this.status = status;
    this.errorType = errorType;
    this.text = text ?? message;
    this.validationErrors = validationErrors;
  }
}
