// Verification of AWS Signature Version 4 against the credentials that IAM issued.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

import type { Iam, Session } from '#local/iam/iam.ts';

export type SignedRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
};

export type Signature =
  | {
      readonly valid: true;
      readonly service: string;
      readonly accessKeyId: string;
      readonly session: Session;
    }
  | { readonly valid: false; readonly service: string; readonly type: string; readonly message: string };

type Parsed = {
  readonly accessKeyId: string;
  /** Day, region and service, as the signing key is derived from them. */
  readonly scope: readonly [string, string, string];
  readonly signedHeaders: string;
  readonly signature: string;
};

const FORM =
  /^AWS4-HMAC-SHA256 Credential=(\w+)\/(\d{8})\/([\w-]+)\/([\w-]+)\/aws4_request, ?SignedHeaders=([\w;-]+), ?Signature=([0-9a-f]{64})$/;
const TERMINATOR = 'aws4_request';
/** Bound on cached signing keys; each is valid for one session and day. */
const SIGNING_KEYS = 10_000;
const WRONG =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.';

export function createSignatureCheck(iam: Iam) {
  const signingKeys = new Map<string, Buffer>();

  function signingKey(secret: string, scope: readonly string[]): Buffer {
    const name = [secret, ...scope].join('/');
    const known = signingKeys.get(name);
    if (known) return known;
    if (signingKeys.size >= SIGNING_KEYS) signingKeys.clear();
    const start: Buffer = Buffer.from(`AWS4${secret}`);
    const key = [...scope, TERMINATOR].reduce((from, part) => hmac(from, part), start);
    signingKeys.set(name, key);
    return key;
  }

  return (request: SignedRequest): Signature => {
    const { authorization } = request.headers;
    if (authorization === undefined) {
      return invalidSignature('', 'MissingAuthenticationTokenException', 'Missing Authentication Token');
    }
    const parsed = parse(authorization);
    if (!parsed)
      return invalidSignature('', 'IncompleteSignatureException', 'The Authorization header is not SigV4.');
    const { accessKeyId, scope, signature } = parsed;
    const service = scope[2];
    const session = iam.sessionByAccessKey(accessKeyId);
    if (!session || request.headers['x-amz-security-token'] !== session.sessionToken) {
      const text = 'The security token included in the request is invalid.';
      return invalidSignature(service, 'UnrecognizedClientException', text);
    }
    const expected = hmac(signingKey(session.secretAccessKey, scope), stringToSign(request, parsed));
    if (timingSafeEqual(expected, Buffer.from(signature, 'hex'))) {
      return { valid: true, service, accessKeyId, session };
    }
    return invalidSignature(service, 'InvalidSignatureException', WRONG);
  };
}

function parse(authorization: string): Parsed | undefined {
  const match = FORM.exec(authorization);
  if (!match) return undefined;
  const [, accessKeyId = '', day = '', region = '', service = '', signedHeaders = '', signature = ''] = match;
  return { accessKeyId, scope: [day, region, service], signedHeaders, signature };
}

function stringToSign(request: SignedRequest, { scope, signedHeaders }: Parsed): string {
  const { method, path, headers, body } = request;
  const lines = signedHeaders.split(';').map((name) => `${name}:${canonicalHeaderValue(headers[name])}\n`);
  const [pathname = '/', query = ''] = path.split('?');
  const canonical = [
    method,
    pathname,
    canonicalQuery(query),
    lines.join(''),
    signedHeaders,
    sha256(body),
  ].join('\n');
  const time = canonicalHeaderValue(headers['x-amz-date']);
  return ['AWS4-HMAC-SHA256', time, [...scope, TERMINATOR].join('/'), sha256(canonical)].join('\n');
}

/** Sorted, and each name with a value: S3 has names without one. */
const canonicalQuery = (query: string) =>
  query === ''
    ? ''
    : query
        .split('&')
        .map((pair) => (pair.includes('=') ? pair : `${pair}=`))
        .toSorted()
        .join('&');

const invalidSignature = (service: string, type: string, message: string): Signature => ({
  valid: false,
  service,
  type,
  message,
});
const canonicalHeaderValue = (value: string | readonly string[] | undefined) =>
  [value ?? ''].flat().join(',').trim().replaceAll(/ +/g, ' ');
const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');
const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
