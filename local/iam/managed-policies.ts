// AWS managed policies that the template attaches: their documents are not in the assembly.

const logs = [
  'logs:CreateLogGroup',
  'logs:CreateLogStream',
  'logs:DescribeLogGroups',
  'logs:DescribeLogStreams',
  'logs:PutLogEvents',
  'logs:GetLogEvents',
  'logs:FilterLogEvents',
];

/** By ARN. Any other managed policy fails the start by name. */
export const AWS_MANAGED_POLICIES: Readonly<Record<string, unknown>> = {
  'arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs': {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: logs, Resource: '*' }],
  },
};
