// A stage's rate and burst limits: a token bucket per method, as method settings define it.
import type { MethodSetting } from './api-definition.ts';

export type Throttle = {
  /** False: too many requests. */
  readonly admits: (resourcePath: string, httpMethod: string) => boolean;
};

type Bucket = { tokens: number; at: number };

/** Method settings write `/a/b` as `/~1a~1b`. */
const plainPath = (path: string): string =>
  path.includes('~1') ? path.slice(1).replaceAll('~1', '/') : path;

/** The setting of the method, else of the stage. */
function settingFor(
  settings: readonly MethodSetting[],
  resourcePath: string,
  httpMethod: string,
): MethodSetting | undefined {
  const isOwn = ({ ResourcePath, HttpMethod }: MethodSetting): boolean =>
    plainPath(ResourcePath) === resourcePath && [httpMethod, '*'].includes(HttpMethod);
  return settings.find(isOwn) ?? settings.find(({ ResourcePath }) => ResourcePath === '/*');
}

export function createThrottle(settings: readonly MethodSetting[], now: () => number): Throttle {
  const buckets = new Map<string, Bucket>();
  return {
    admits(resourcePath, httpMethod) {
      const setting = settingFor(settings, resourcePath, httpMethod);
      const { ThrottlingRateLimit: perSecond, ThrottlingBurstLimit: burst } = setting ?? {};
      if (perSecond === undefined || burst === undefined) return true;
      const key = `${httpMethod} ${resourcePath}`;
      const { tokens, at } = buckets.get(key) ?? { tokens: burst, at: now() };
      const refilled = Math.min(burst, tokens + ((now() - at) / 1000) * perSecond);
      const admitted = refilled >= 1;
      buckets.set(key, { tokens: admitted ? refilled - 1 : refilled, at: now() });
      return admitted;
    },
  };
}
