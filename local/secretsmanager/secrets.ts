// AWS Secrets Manager: the template's generated secrets, kept on disk, and AWS's error names.
import { createHash, randomInt, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import * as z from 'zod';

import type { ResourceRequest, ResourceTypes, Site } from '#local/cloudformation/resource-type.ts';
import { replaceFile } from '#local/kms/replace-file.ts';

const LABEL = 'documentation';

/** The only supported way to generate a secret; any other property fails the start. */
const Generate = z.strictObject({
  PasswordLength: z.coerce.number().int().min(1).max(4096).default(32),
  ExcludePunctuation: z.union([z.boolean(), z.stringbool()]).refine(Boolean, 'Must be true here'),
});
const SecretProperties = z.object({ Name: z.string().optional(), GenerateSecretString: Generate });

const Version = z.object({ id: z.string(), value: z.string(), createdAt: z.number() });
const Stored = z.object({
  /** Its generation settings: CloudFormation generates a new secret when they change. */
  made: z.string(),
  /** Newest last: it is AWSCURRENT, the one before AWSPREVIOUS. */
  versions: z.array(Version).min(1),
});
type Stored = z.infer<typeof Stored>;
const SecretFile = z.object({ format: z.literal(1), secrets: z.record(z.string(), Stored) });

const CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export type Secret = { readonly arn: string; readonly name: string; readonly versions: Stored['versions'] };

export type Secrets = {
  readonly types: ResourceTypes;
  /** By name, ARN, or ARN without its suffix, as AWS finds them. */
  readonly find: (id: string) => Secret | undefined;
  /** The ARN for authorisation, also of a secret that does not exist. */
  readonly secretArn: (id: string) => string;
};

export function createSecrets({ folder, site }: { folder: string; site: Site }): Secrets {
  const prefix = `arn:aws:secretsmanager:${site.region}:${site.account}:secret:`;
  const path = join(folder, 'secrets', 'secrets.json');
  const stored = existsSync(path) ? load(path) : new Map<string, Stored>();
  const secrets = new Map<string, Secret>();

  function openVersions(name: string, wanted: z.output<typeof Generate>): Stored['versions'] {
    const made = JSON.stringify(wanted);
    const known = stored.get(name);
    if (known?.made === made) return known.versions;
    const value = Array.from({ length: wanted.PasswordLength }, () =>
      CHARACTERS.charAt(randomInt(CHARACTERS.length)),
    ).join('');
    const fresh = { id: randomUUID(), value, createdAt: Date.now() };
    const versions = [...(known?.versions ?? []), fresh].slice(-2);
    stored.set(name, { made, versions });
    mkdirSync(join(folder, 'secrets'), { recursive: true, mode: 0o700 });
    replaceFile(path, JSON.stringify({ format: 1, secrets: Object.fromEntries(stored) }));
    return versions;
  }

  function create({ stack, logicalId, physicalName, properties }: ResourceRequest) {
    const parsed = SecretProperties.safeParse(properties);
    if (!parsed.success) throw new Error(`Secret ${stack}/${logicalId}: ${z.prettifyError(parsed.error)}`);
    const name = parsed.data.Name ?? physicalName;
    const arn = `${prefix}${name}-${arnSuffix(name)}`;
    secrets.set(name, { arn, name, versions: openVersions(name, parsed.data.GenerateSecretString) });
    return { ref: arn, attributes: { Id: arn } };
  }

  const find = (id: string) =>
    secrets.get(id) ?? [...secrets.values()].find(({ arn, name }) => arn === id || `${prefix}${name}` === id);
  const types = {
    'AWS::SecretsManager::Secret': {
      honours: Object.keys(SecretProperties.shape),
      ignores: { Description: LABEL, Tags: LABEL },
      create,
    },
  };
  return {
    types,
    find,
    secretArn: (id) => find(id)?.arn ?? (id.startsWith('arn:') ? id : `${prefix}${id}`),
  };
}

/** The six characters that AWS appends to every name; stable across starts because environments contain the ARN. */
const arnSuffix = (name: string) => createHash('sha256').update(name).digest('hex').slice(0, 6);

const load = (path: string) =>
  new Map(Object.entries(SecretFile.parse(JSON.parse(readFileSync(path, 'utf8'))).secrets));
