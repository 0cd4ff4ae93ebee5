// Resolves the packages that a client's script imports from the folder where its group is installed.
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const scripts = pathToFileURL(join(import.meta.dirname, '/')).href;
const { folder } = JSON.parse(process.env.PORTUNUS_CLIENT);
const installed = pathToFileURL(join(folder, 'package.json')).href;

registerHooks({
  resolve(specifier, context, next) {
    const bare = !/^(?:[./#]|node:|file:|data:)/.test(specifier);
    const ours = context.parentURL?.startsWith(scripts) ?? false;
    return next(specifier, bare && ours ? { ...context, parentURL: installed } : context);
  },
});
