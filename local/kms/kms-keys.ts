// The keys and aliases of the template, over the material on disk.
import * as z from 'zod';

import type { ResourceRequest, ResourceTypes, Site } from '#local/cloudformation/resource-type.ts';

import { newMaterial } from './key-material.ts';
import { type KeyStore, stableKeyId } from './key-store.ts';
import { KmsError } from './kms-error.ts';
import type { Key } from './kms-key.ts';

const LABEL = 'documentation';

const Flag = z.union([z.boolean(), z.stringbool()]);
const KeyProperties = z.object({
  KeyPolicy: z.record(z.string(), z.unknown()).optional(),
  EnableKeyRotation: Flag.default(false),
  RotationPeriodInDays: z.coerce.number().int().min(90).max(2560).default(365),
  KeySpec: z.enum(['SYMMETRIC_DEFAULT', 'HMAC_256', 'ECC_NIST_P256']).default('SYMMETRIC_DEFAULT'),
  KeyUsage: z.enum(['ENCRYPT_DECRYPT', 'GENERATE_VERIFY_MAC', 'SIGN_VERIFY']).default('ENCRYPT_DECRYPT'),
});
const AliasProperties = z.object({ AliasName: z.string().startsWith('alias/'), TargetKeyId: z.string() });

type Properties = z.output<typeof KeyProperties>;

const USAGE_OF: Readonly<Record<Key['spec'], Key['usage']>> = {
  SYMMETRIC_DEFAULT: 'ENCRYPT_DECRYPT',
  HMAC_256: 'GENERATE_VERIFY_MAC',
  ECC_NIST_P256: 'SIGN_VERIFY',
};

export type Keys = ReturnType<typeof createKeys>;

export function createKeys(options: {
  site: Site;
  store: KeyStore;
  now: () => number;
  /** @throws for a key policy that cannot be evaluated, which fails the start. */
  check: (policy: object, where: string) => void;
}) {
  const { site, store, now, check } = options;
  const prefix = `arn:aws:kms:${site.region}:${site.account}:`;
  const keys = new Map<string, Key>();
  const aliases = new Map<string, string>();

  function createKey({ stack, logicalId, properties }: ResourceRequest) {
    const origin = `${stack}/${logicalId}`;
    const wanted = parseKey(origin, properties);
    // Another spec is another key, as CloudFormation replaces it.
    const id = stableKeyId(`${prefix}${origin}#${wanted.KeySpec}`);
    const arn = `${prefix}key/${id}`;
    const policy = wanted.KeyPolicy ?? defaultPolicy(site);
    check(policy, `KMS key ${origin}`);
    keys.set(id, {
      id,
      arn,
      policy,
      spec: wanted.KeySpec,
      usage: wanted.KeyUsage,
      rotationDays: wanted.EnableKeyRotation ? wanted.RotationPeriodInDays : undefined,
    });
    if (store.get(id) === undefined) {
      const materials = [newMaterial(wanted.KeySpec, now())];
      store.put(id, { origin, createdAt: now(), materials, state: { name: 'Enabled' } });
    }
    return { ref: id, attributes: { Arn: arn, KeyId: id } };
  }

  function createAlias({ properties }: ResourceRequest) {
    const { AliasName, TargetKeyId } = AliasProperties.parse(properties);
    aliases.set(AliasName, find(TargetKeyId).id);
    return { ref: AliasName };
  }

  /** By key id, key ARN, alias name or alias ARN. @throws {KmsError} NotFoundException */
  function find(name: string): Key {
    const local = name.startsWith(prefix) ? name.slice(prefix.length) : name;
    const id = local.startsWith('alias/') ? aliases.get(local) : local.replace(/^key\//, '');
    const key = id === undefined ? undefined : keys.get(id);
    if (key) return key;
    if (local.startsWith('alias/'))
      throw new KmsError('NotFoundException', `Alias ${prefix}${local} is not found.`);
    const arn = name.startsWith('arn:') ? name : `${prefix}key/${name}`;
    throw new KmsError('NotFoundException', `Key '${arn}' does not exist`);
  }

  const types = keyTypes(createKey, createAlias);
  return { types, find, byId: (id: string) => keys.get(id) };
}

function parseKey(origin: string, properties: Readonly<Record<string, unknown>>): Properties {
  const parsed = KeyProperties.safeParse(properties);
  if (!parsed.success) throw new Error(`KMS key ${origin}: ${z.prettifyError(parsed.error)}`);
  const { KeySpec, KeyUsage, EnableKeyRotation } = parsed.data;
  if (USAGE_OF[KeySpec] !== KeyUsage) {
    throw new Error(`KMS key ${origin}: KeyUsage ${KeyUsage} is not compatible with KeySpec ${KeySpec}`);
  }
  if (KeySpec !== 'SYMMETRIC_DEFAULT' && EnableKeyRotation)
    throw new Error(`KMS key ${origin}: EnableKeyRotation is for symmetric keys`);
  return parsed.data;
}

/** AWS's default key policy: access is decided by the account's identity policies. */
const defaultPolicy = ({ account }: Site) => ({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' },
  ],
});

function keyTypes(
  createKey: ResourceTypes[string]['create'],
  createAlias: ResourceTypes[string]['create'],
): ResourceTypes {
  return {
    'AWS::KMS::Key': {
      honours: Object.keys(KeyProperties.shape),
      ignores: { Description: LABEL, PendingWindowInDays: 'a local stack never deletes a key', Tags: LABEL },
      create: createKey,
    },
    'AWS::KMS::Alias': { honours: ['AliasName', 'TargetKeyId'], create: createAlias },
  };
}
