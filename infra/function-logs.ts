// One log group for the functions of a stack: a group for each would take a tenth of the stack's resources. A function's name is part
// of the names of its log streams, and the member `service` of its lines.
import { RemovalPolicy } from 'aws-cdk-lib';
import {
  CustomDataIdentifier,
  DataIdentifier,
  DataProtectionPolicy,
  FilterPattern,
  LogGroup,
} from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

import type { StageConfig } from './config.ts';

/** Log groups that `on-log-lines` reads. */
export const SCANNED_LOGS = ['api', 'audit'] as const;
/** `scanner`: of that function itself. A subscription to its own lines would start it without end. */
type LogGroupPart = (typeof SCANNED_LOGS)[number] | 'scanner';

export const logGroupName = ({ stage }: Pick<StageConfig, 'stage'>, part: LogGroupPart): string =>
  `/portunus/${stage}/${part}`;

export function functionLogs(scope: Construct, config: StageConfig, part: LogGroupPart): LogGroup {
  const logGroup = new LogGroup(scope, part === 'scanner' ? 'scanner-logs' : 'function-logs', {
    logGroupName: logGroupName(config, part),
    retention: config.logRetentionDays,
    removalPolicy: RemovalPolicy.DESTROY,
    dataProtectionPolicy: maskedSecrets(),
  });
  for (const { metricName, code } of Object.values(LOG_METRICS))
    logGroup.addMetricFilter(metricName, {
      metricNamespace: logMetricNamespace(config),
      metricName,
      filterPattern: FilterPattern.stringValue('$.code', '=', code),
    });
  return logGroup;
}

/** Counts of log lines by their member `code`. */
export const LOG_METRICS = {
  kmsUnavailable: { metricName: 'KmsUnavailable', code: 'kms_unavailable' },
  unreadableRecord: { metricName: 'UnreadableAuditRecords', code: 'unreadable_record' },
} as const;

/** A namespace for each stage: log lines do not name their stage, as a dimension would have to. */
export const logMetricNamespace = ({ stage }: Pick<StageConfig, 'stage'>): string => `Portunus/${stage}`;

/**
 * Formats of secrets, by name: at most ten, each without groups, as CloudWatch Logs takes them. Keys without a prefix of their own
 * (Azure OpenAI, Mistral, compatible servers) have the format of a request id and cannot be among them.
 */
export const SECRET_FORMATS: Readonly<Record<string, string>> = {
  KeyWithSkPrefix: 'sk-[A-Za-z0-9_-]{16,}',
  GoogleKey: 'AIza[A-Za-z0-9_-]{35}|AQ\\.[A-Za-z0-9_.-]{20,}',
  GroqKey: 'gsk_[A-Za-z0-9]{40,}',
  XaiKey: 'xai-[A-Za-z0-9_-]{40,}',
  TogetherKey: 'tgp_v[0-9]_[A-Za-z0-9_-]{40,}',
  BedrockKey: 'ABSK[A-Za-z0-9+/=_-]{40,}|bedrock-api-key-[A-Za-z0-9+/=_-]{40,}',
  PersonalAccessToken: 'ptn_[A-Za-z0-9_-]{20,}',
  JsonWebToken: 'eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}[A-Za-z0-9_.-]*',
  GitHubToken: 'gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,}',
  SlackToken: 'xox[abprs]-[A-Za-z0-9-]{8,}',
};

/**
 * The code never logs a secret; the policy holds if it once does. Everyone without `logs:Unmask` reads asterisks, in subscriptions
 * and queries too, and each such line counts in the metric `LogEventsWithFindings`.
 */
const maskedSecrets = (): DataProtectionPolicy =>
  new DataProtectionPolicy({
    name: 'secrets',
    description: 'Masks API keys and tokens',
    identifiers: [
      DataIdentifier.AWSSECRETKEY,
      DataIdentifier.PKCSPRIVATEKEY,
      ...Object.entries(SECRET_FORMATS).map(([name, format]) => new CustomDataIdentifier(name, format)),
    ],
  });
