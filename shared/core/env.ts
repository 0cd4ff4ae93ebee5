/**
 * Access to the environment; no other module reads it. Each variable is granted by a need that a route declares, see
 * functions/needs.ts.
 */
export function env(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`The environment variable ${name} is not set.`);
  return value;
}

/** Optional variable, which a stage may leave empty. */
export const envIfSet = (name: string): string | undefined => process.env[name] || undefined;
