// Headers that no argument of a registered tool may set, by kind, and those that a stored key may be sent in.

const HEADER_NAME = /^[a-z][a-z0-9-]{0,63}$/i;

/** @param names patterns, separated by blanks */
const kind = (names: string): RegExp => new RegExp(`^(?:${names.split(' ').join('|')})$`, 'i');

/** Set by us, by the connection or by proxies, wherever the value comes from. */
const DENIED: readonly RegExp[] = [
  // The message itself, and who sends it.
  kind('host content-.* accept.* expect origin referer user-agent'),
  // The connection (RFC 9110 7.6.1), and what proxies read on the way.
  kind('connection keep-alive te trailer transfer-encoding upgrade http2-settings max-forwards via proxy.*'),
  kind('early-data alt-.* cdn-loop'),
  // Another method, path or host than the one that was approved.
  kind('x-http-method(?:-override)? x-method-override x-host x-request-uri destination'),
  kind('x-(?:original|rewrite|override)-?(?:url|uri|path|method|host)'),
  // The address and the name that a proxy vouches for.
  kind(
    'forwarded.* x-forwarded.* x-real-.* remote-.* cf-.* ssl-.* client-cert.* x-(?:ssl|client-cert|tls).*',
  ),
  kind('(?:x-|true-|fastly-|fly-)?(?:client|connecting|cluster-client|azure-client|azure-socket)-?ip'),
  kind('x-(?:remote|originating|original|proxyuser|envoy)-.*'),
  // Cookies, browsers, tokens of clouds, and gateways such as this one.
  kind('(?:set-)?cookie2? sec-.* x-amz.* metadata(?:-flavor)? mcp-.* x-portunus-.* x-serverless-.*'),
  kind('x-goog-(?:iam|authenticated|user).* x-ms-(?:client-principal|token|authorization).*'),
];

/** Headers that an upstream may take for a credential or for the name of a user: never set by an argument. */
const CREDENTIALS: readonly RegExp[] = [
  /^(?:www-)?auth(?:$|-|enticat|orizat)/i,
  /(?:^|-)(?:api-?key|access-?key|app-?key|subscription-key|auth|authorization|authentication|bearer)(?:-|$)/i,
  /(?:^|-)(?:cookie|credentials?|identity|impersonate|jwt|assertion|password|passwd|pwd|secret)(?:-|$)/i,
  /(?:^|-)(?:session|session-?id|signature|sudo|otp)(?:-|$)|(?:^|-)token$/i,
  /^x-(?:user|user-?id|username|email|roles?|groups?|on-behalf-of)$/i,
];

const isOneOf = (kinds: readonly RegExp[], name: string): boolean => kinds.some((one) => one.test(name));
const isName = (name: string): boolean => HEADER_NAME.test(name) && !isOneOf(DENIED, name);

/** Whether an argument may set it. */
export const mayBeHeader = (name: string): boolean => isName(name) && !isOneOf(CREDENTIALS, name);

/** Whether the stored key may be sent in it. */
export const mayBeCredential = (name: string): boolean => isName(name);
