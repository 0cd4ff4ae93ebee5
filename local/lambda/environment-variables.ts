// Rules for the environment variables of a function in a template.
/** Names that AWS rejects in a template, because the runtime sets them. */
const RESERVED = new Set([
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_ACCESS_KEY_ID',
  'AWS_DEFAULT_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_LAMBDA_RUNTIME_API',
  'AWS_REGION',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'LAMBDA_RUNTIME_DIR',
  'LAMBDA_TASK_ROOT',
]);
const LIMIT_BYTES = 4096;

/** @throws with the Lambda API's reason for rejecting these variables. */
export function checkVariables(functionName: string, variables: Readonly<Record<string, string>>): void {
  const reserved = Object.keys(variables).filter((name) => RESERVED.has(name));
  if (reserved.length > 0) {
    throw new Error(`${functionName}: reserved keys in the environment variables: ${reserved.join(', ')}`);
  }
  const odd = Object.keys(variables).find((name) => !/^[a-zA-Z][a-zA-Z0-9_]+$/.test(name));
  if (odd !== undefined) throw new Error(`${functionName}: ${odd} is not a name for an environment variable`);
  const size = Buffer.byteLength(JSON.stringify(variables));
  if (size > LIMIT_BYTES)
    throw new Error(`${functionName}: ${size} bytes of environment variables, 4 KB allowed`);
}
