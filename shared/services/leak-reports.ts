// Reports of leaked keys from outside.
import type { Audit } from '#shared/audit/audit.ts';
import { ANONYMOUS } from '#shared/audit/audit.ts';
import { AppError } from '#shared/core/errors.ts';
import { issuesOf } from '#shared/core/issues.ts';
import { parseJson } from '#shared/core/scan-json.ts';
import type { Egress } from '#shared/egress/egress.ts';
import {
  feedbackOn,
  type FetchReportKeys,
  type LeakFeedback,
  type LeakReport,
  LeakReportBody,
  type VerifyReport,
} from '#shared/exposure/leak-report.ts';

import type { ContainLeak } from './exposure.ts';

export type SignedReport = {
  /** The bytes that are signed. */
  readonly body: Buffer;
  readonly keyId: string | undefined;
  readonly signature: string | undefined;
  readonly requestId: string;
};

const BOUNDS = { depth: 4, nodes: 1000 };
const DEADLINE_MS = 3000;

/** @throws {AppError} `invalid_input` */
function reportIn(body: Buffer): LeakReport {
  const parsed = LeakReportBody.safeParse(parseJson(body.toString('utf8'), BOUNDS));
  if (parsed.success) return parsed.data;
  throw new AppError('invalid_input', undefined, { issues: issuesOf(parsed.error, 'body') });
}

const hostOf = (url: string | undefined): string | undefined =>
  url !== undefined && URL.canParse(url) ? new URL(url).hostname.slice(0, 100) : undefined;

/** @throws {AppError} of the returned function: `unauthenticated` before anything is read from the body; `invalid_input` */
export function createReceiveLeakReport(ports: {
  verify: VerifyReport;
  contain: ContainLeak;
  audit: Pick<Audit, 'commit'>;
}) {
  const { verify, contain, audit } = ports;
  return async ({ requestId, ...signed }: SignedReport): Promise<LeakFeedback[]> => {
    await verify(signed);
    const report = reportIn(signed.body);
    const feedback: LeakFeedback[] = [];
    for (const leak of report) {
      const outcome = await contain({
        text: leak.token,
        source: 'report',
        host: hostOf(leak.url),
        requestId,
      });
      feedback.push(feedbackOn(leak, outcome === 'contained'));
    }
    await audit.commit({
      ownerId: ANONYMOUS,
      category: 'system',
      act: 'leak.reported',
      result: 'succeeded',
      requestId,
      meta: { count: report.length },
    });
    return feedback;
  };
}

export const createFetchReportKeys =
  (egress: () => Pick<Egress, 'send'>, url: string): FetchReportKeys =>
  async () => {
    const { status, body } = await egress().send({
      url,
      method: 'GET',
      headers: { accept: 'application/json', 'user-agent': 'portunus' },
      deadlineMs: DEADLINE_MS,
    });
    if (status !== 200) throw new AppError('unavailable', 'The keys of the reporter could not be read.');
    return JSON.parse(new TextDecoder().decode(body));
  };
