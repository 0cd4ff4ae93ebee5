// Amazon Bedrock's runtime is the one API of AWS that a request may reach, and only one that carries a key for it.
import { describe, expect, it } from 'vitest';

import { parseTarget } from '#shared/egress/target.ts';

const rules = { trustedOrigins: new Set<string>(), ownHosts: [], ports: [443] };
const reaches = (host: string, bedrock: boolean): boolean => {
  try {
    return parseTarget(`https://${host}/x`, { ...rules, bedrock }).host === host;
  } catch {
    return false;
  }
};

describe('a request with a Bedrock key', () => {
  it('reaches the runtime of a Region', () => {
    const hosts = ['us-east-1', 'eu-central-2', 'us-gov-west-1'].map(
      (region) => `bedrock-runtime.${region}.amazonaws.com`,
    );
    expect(hosts.map((host) => reaches(host, true))).toEqual([true, true, true]);
    expect(hosts.map((host) => reaches(host, false))).toEqual([false, false, false]);
  });

  it.each([
    'bedrock.us-east-1.amazonaws.com',
    'bedrock-runtime.amazonaws.com',
    'bedrock-runtime.us-east-1.amazonaws.com.cn',
    'bedrock-runtime.us-east-1.s3.amazonaws.com',
    'x.bedrock-runtime.us-east-1.amazonaws.com',
    'bedrock-runtime.x.us-east-1.amazonaws.com',
    'dynamodb.us-east-1.amazonaws.com',
    'sts.amazonaws.com',
    'bedrock-mantle.us-east-1.api.aws',
    'localhost',
  ])('does not reach %s', (host) => {
    expect(reaches(host, true)).toBe(false);
  });

  it('reaches every other public name as any request does', () => {
    expect([reaches('api.example.com', true), reaches('api.example.com', false)]).toEqual([true, true]);
  });
});
