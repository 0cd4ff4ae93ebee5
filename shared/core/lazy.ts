/** Lazy initialisation: the value is created on first use and kept for the life of the instance. */
export function lazy<T>(build: () => T): () => T {
  let built: { value: T } | undefined;
  return () => (built ??= { value: build() }).value;
}
