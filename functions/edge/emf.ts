// Metrics as lines in CloudWatch's embedded metric format, which need no API call. They contain no owner and no name.
import { env } from '#shared/core/env.ts';

/** One line with these metrics of the stage, each a count unless the name of its unit is given. */
export function emitMetrics(
  values: Readonly<Record<string, number>>,
  units: Readonly<Record<string, 'Count' | 'Percent'>> = {},
): void {
  const metrics = Object.keys(values).map((Name) => ({ Name, Unit: units[Name] ?? 'Count' }));
  const line = {
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [{ Namespace: 'Portunus', Dimensions: [['Stage']], Metrics: metrics }],
    },
    Stage: env('STAGE'),
    ...values,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`); // past the logger, which would wrap it
}
