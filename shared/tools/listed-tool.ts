import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';

import type { RegisteredTool } from './registered.ts';
import type { Tool } from './tool.ts';

/** Facts of a tool that clients and models read. */
export type ListedTool = Pick<
  Tool,
  'name' | 'title' | 'description' | 'annotations' | 'examples' | 'scope' | 'requiresKey'
> & {
  readonly schemas: NonNullable<Tool['schemas']>;
};

/** A registered tool as a `Tool`. */
export type RegisteredAsTool = Tool & ListedTool;

const Anything = /* @__PURE__ */ z.looseObject({});

export const listRegisteredTool = ({ name, definition }: RegisteredTool): ListedTool => ({
  name: name as Tool['name'],
  title: definition.title,
  description: definition.description,
  schemas: {
    input: definition.inputSchema,
    output: definition.outputSchema,
    isGuaranteed: definition.results === 'validated',
  },
  annotations: definition.annotations,
  examples: definition.examples,
});

/** A registered tool that cannot be called: what checks and calls it is loaded when it is. */
export const listedTool = (tool: RegisteredTool): RegisteredAsTool => ({
  ...listRegisteredTool(tool),
  input: Anything,
  output: Anything,
  definition: `${tool.hash} ${tool.revision}`,
  async run() {
    throw new AppError('internal');
  },
});
