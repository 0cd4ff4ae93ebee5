// Modules that the bundler runs instead of including them: a bundle contains the values of their exports, as JSON, and none of
// their imports.
import { pathToFileURL } from 'node:url';

import type { Plugin } from 'esbuild';

const EVALUATED = /\/(?:functions\/openapi\/document|shared\/tools\/built-in-(?:list|inputs|versions))\.ts$/;
const FILE = /\/(?:document|built-in-[a-z]+)\.ts$/;

/** Prefix of such a module among the inputs of a bundle. Its own imports are not among them. */
export const EVALUATED_PREFIX = 'evaluated:';

export const evaluatedModules: Plugin = {
  name: 'evaluated-modules',
  setup(build) {
    build.onResolve({ filter: FILE }, async ({ path, resolveDir, kind, pluginData }) => {
      if (pluginData === EVALUATED) return undefined;
      const resolved = await build.resolve(path, { resolveDir, kind, pluginData: EVALUATED });
      if (!EVALUATED.test(resolved.path)) return undefined;
      return { path: resolved.path, namespace: EVALUATED_PREFIX.slice(0, -1), sideEffects: false };
    });
    build.onLoad({ filter: /.*/, namespace: EVALUATED_PREFIX.slice(0, -1) }, async ({ path }) => {
      const exported = (await import(pathToFileURL(path).href)) as Readonly<Record<string, object>>;
      const lines = Object.entries(exported).map(([name, value]) => {
        const text = JSON.stringify(JSON.stringify(value));
        return `export const ${name} = /* @__PURE__ */ JSON.parse(${text});`;
      });
      return { contents: lines.join('\n'), loader: 'js' };
    });
  },
};
