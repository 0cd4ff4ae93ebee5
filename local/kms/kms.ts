// AWS KMS: the template's keys, their policies, and AWS's error names.
import { join } from 'node:path';

import * as z from 'zod';

import type { ResourceTypes, Site } from '#local/cloudformation/resource-type.ts';
import type { Iam } from '#local/iam/iam.ts';

import type { Call, Operations, Parts } from './kms-call.ts';
import { cipherOperations } from './cipher-operations.ts';
import { keyOperations } from './key-operations.ts';
import { createKeyMaterial } from './key-material.ts';
import { createKeyStore } from './key-store.ts';
import { createKeys } from './kms-keys.ts';
import type { Key } from './kms-key.ts';
import { KmsError, STATUS_OF } from './kms-error.ts';
import { createKmsLog, type KmsLogEntry } from './kms-log.ts';

import { macOperations } from './mac-operations.ts';
import { signOperations } from './sign-operations.ts';
import { isOperation, MAX_CONTEXT_BYTES, type Operation, REQUESTS } from './kms-requests.ts';

/** `root` bypasses every policy: for tests and tools of the machine's user. */
type KmsCaller = 'root' | { readonly accessKeyId: string };

type KmsAnswer = {
  readonly status: number;
  /** The response as JSON, or `{ __type, message }`. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly keyArns: readonly string[];
  /** False when IAM or the key policy rejected; other errors count as allowed. */
  readonly allowed: boolean;
  readonly encryptionContext?: Readonly<Record<string, string>>;
};

export type Kms = {
  readonly types: ResourceTypes;
  /** One API call, `handle('Decrypt', { CiphertextBlob, … }, 'root')`: blobs in base64, as on the wire. Errors are returned, not thrown. */
  readonly handle: (operation: string, input: unknown, caller: KmsCaller) => Promise<KmsAnswer>;
  /** Oldest first; survives restarts. */
  readonly log: () => readonly KmsLogEntry[];
};

type KmsOptions = {
  readonly folder: string;
  readonly site: Site;
  readonly iam: Iam;
  readonly now?: () => number;
  /** Called for each request, after it was logged. */
  readonly onCall?: (entry: KmsLogEntry) => void;
};

export function createKms(options: KmsOptions): Kms {
  const { site, iam, now = Date.now, onCall = () => undefined } = options;
  const folder = join(options.folder, 'kms');
  const store = createKeyStore(folder);
  const keys = createKeys({ site, store, now, check: iam.checkResourcePolicy });
  const parts = { keys, material: createKeyMaterial(store, now), now };
  const operations = createOperations(parts);
  const log = createKmsLog(folder);

  function authorize(key: Key, ask: { action: string; caller: KmsCaller; context: Context }): void {
    if (ask.caller === 'root') return;
    const { accessKeyId } = ask.caller;
    const verdict = iam.authorize({
      accessKeyId,
      action: ask.action,
      resource: key.arn,
      resourcePolicy: key.policy,
      context: {
        'kms:CallerAccount': site.account,
        'kms:KeySpec': key.spec,
        'kms:KeyUsage': key.usage,
        ...ask.context,
      },
    });
    if (!verdict.allowed) throw new KmsError('AccessDeniedException', verdict.message);
  }

  function run(operation: string, input: unknown, call: Call): Reply {
    try {
      if (!isOperation(operation)) throw new KmsError('UnknownOperationException');
      const request = parseRequest(operation, input);
      // The table's type ties each name to its request; the compiler cannot follow a name that is a union.
      const perform = operations[operation] as (request: unknown, call: Call) => Record<string, unknown>;
      return { status: 200, result: 'ok', body: perform(request, call) };
    } catch (error) {
      if (!(error instanceof KmsError)) throw error;
      const { type, message } = error;
      return { status: STATUS_OF[type], result: type, body: { __type: type, ...(message && { message }) } };
    }
  }

  async function handle(operation: string, input: unknown, caller: KmsCaller): Promise<KmsAnswer> {
    const keyArns: string[] = [];
    const reply = run(operation, input, {
      authorize(key, action, context) {
        keyArns.push(key.arn);
        authorize(key, { action, caller, context });
      },
    });
    const { status, body, result } = reply;
    const context = loggedContext(input);
    const name =
      caller === 'root' ? 'root' : (iam.sessionByAccessKey(caller.accessKeyId)?.sessionName ?? 'unknown');
    const entry = { at: now(), operation, caller: name, keyArns, ...context, result };
    log.append(entry);
    onCall(entry);
    return { status, body, keyArns, allowed: result !== 'AccessDeniedException', ...context };
  }

  return { types: keys.types, handle, log: log.all };
}

const createOperations = (parts: Parts): Operations => ({
  ...cipherOperations(parts),
  ...macOperations(parts),
  ...signOperations(parts),
  ...keyOperations(parts),
});

type Context = Readonly<Record<string, string | readonly string[]>>;
type Reply = { status: number; result: string; body: Readonly<Record<string, unknown>> };

function parseRequest(operation: Operation, input: unknown): unknown {
  const parsed = REQUESTS[operation].safeParse(input);
  if (!parsed.success) {
    const { length } = parsed.error.issues;
    const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    const text = `${length} validation error${length === 1 ? '' : 's'} detected: ${issues.join('; ')}`;
    throw new KmsError('ValidationException', text);
  }
  const context = loggedContext(parsed.data).encryptionContext ?? {};
  const bytes = Object.entries(context).reduce((sum, pair) => sum + Buffer.byteLength(pair.join('')), 0);
  if (bytes > MAX_CONTEXT_BYTES) throw new KmsError('ValidationException', 'Encryption context is too large');
  return parsed.data;
}

const Seen = z.object({
  EncryptionContext: z.record(z.string(), z.string()).optional(),
  SourceEncryptionContext: z.record(z.string(), z.string()).optional(),
});

function loggedContext(input: unknown): { encryptionContext?: Readonly<Record<string, string>> } {
  const { data } = Seen.safeParse(input);
  const encryptionContext = data?.EncryptionContext ?? data?.SourceEncryptionContext;
  return encryptionContext === undefined ? {} : { encryptionContext };
}
