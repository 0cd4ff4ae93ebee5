// Modules that the bundler runs instead of including them: the bundle contains the value of their one export.
import { pathToFileURL } from 'node:url';

import type { Plugin } from 'esbuild';

const EVALUATED = /\/functions\/openapi\/document\.ts$/;

/** Prefix of such a module among the inputs of a bundle. Its own imports are not among them. */
export const EVALUATED_PREFIX = 'evaluated:';

export const evaluatedModules: Plugin = {
  name: 'evaluated-modules',
  setup(build) {
    build.onResolve({ filter: /\/document\.ts$/ }, async ({ path, resolveDir, kind, pluginData }) => {
      if (pluginData === EVALUATED) return undefined;
      const resolved = await build.resolve(path, { resolveDir, kind, pluginData: EVALUATED });
      if (!EVALUATED.test(resolved.path)) return undefined;
      return { path: resolved.path, namespace: EVALUATED_PREFIX.slice(0, -1) };
    });
    build.onLoad({ filter: /.*/, namespace: EVALUATED_PREFIX.slice(0, -1) }, async ({ path }) => {
      const { document } = (await import(pathToFileURL(path).href)) as { document: object };
      const text = JSON.stringify(JSON.stringify(document));
      return { contents: `export const document = JSON.parse(${text});`, loader: 'js' };
    });
  },
};
