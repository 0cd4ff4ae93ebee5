// Errors of a failed invocation, in Lambda's own wording.

/** The payload of an invocation whose `functionError` is `Unhandled`. */
export type FunctionError = {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
};

/** A stream that broke after its first byte. */
export class StreamFault extends Error {
  override readonly name = 'StreamFault';
  readonly error: FunctionError;

  constructor(error: FunctionError) {
    super(error.errorMessage);
    this.error = error;
  }
}

/** A rejection by the Lambda API: unknown function, throttled, payload too large. */
export class LambdaRejection extends Error {
  override readonly name = 'LambdaRejection';
  readonly code: 'ResourceNotFoundException' | 'TooManyRequestsException' | 'RequestTooLargeException';

  constructor(code: LambdaRejection['code'], message: string) {
    super(message);
    this.code = code;
  }
}

export const timedOut = (requestId: string, seconds: number): FunctionError => ({
  errorType: 'Sandbox.Timedout',
  errorMessage: `RequestId: ${requestId} Error: Task timed out after ${seconds.toFixed(2)} seconds`,
});

export function exited(requestId: string, code: number | null, signal: string | null): FunctionError {
  const how = signal === null ? `exit status ${code}` : `signal: ${signal.replace(/^SIG/, '').toLowerCase()}`;
  const reason = code === 0 ? 'exited without providing a reason' : `exited with error: ${how}`;
  return { errorType: 'Runtime.ExitError', errorMessage: `RequestId: ${requestId} Error: Runtime ${reason}` };
}

export const responseTooLarge = (limit: number): FunctionError => ({
  errorType: 'Function.ResponseSizeTooLarge',
  errorMessage: `Response payload size exceeded maximum allowed payload size (${limit} bytes).`,
});

/** Parses the error that a runtime posts; malformed input yields a generic error of the same shape. */
export function parseFunctionError(text: string): FunctionError {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && 'errorMessage' in parsed) {
      const { errorType, errorMessage, trace } = parsed as Record<string, unknown>;
      return {
        errorType: String(errorType),
        errorMessage: String(errorMessage),
        ...(Array.isArray(trace) ? { trace: trace.map(String) } : {}),
      };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return { errorType: 'Runtime.Unknown', errorMessage: 'The runtime reported an error without details.' };
}
