import { Duration } from 'aws-cdk-lib';

/** Tokens of every public client: short access tokens, refresh tokens that are used once. */
export const PUBLIC_CLIENT_TOKENS = {
  accessTokenValidity: Duration.minutes(15),
  idTokenValidity: Duration.minutes(15),
  refreshTokenValidity: Duration.days(7),
  refreshTokenRotationGracePeriod: Duration.seconds(10),
  enableTokenRevocation: true,
  preventUserExistenceErrors: true,
} as const;
