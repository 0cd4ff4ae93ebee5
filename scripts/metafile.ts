import type { Metafile } from 'esbuild';

/** The entry and all that it imports, also late, without what is external. */
export function reachableInputs({ inputs }: Pick<Metafile, 'inputs'>, entry: string): string[] {
  const reached = new Set<string>([entry]);
  for (const file of reached) {
    for (const { path, external } of inputs[file]?.imports ?? []) if (external !== true) reached.add(path);
  }
  return [...reached];
}

/** The output of the entry and all that it loads, also late. */
export function reachableOutputs({ outputs }: Pick<Metafile, 'outputs'>, entry: string): ReadonlySet<string> {
  const reached = new Set<string>([entry]);
  for (const file of reached) {
    for (const { path, external } of outputs[file]?.imports ?? []) if (external !== true) reached.add(path);
  }
  return reached;
}
