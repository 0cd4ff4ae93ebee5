import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';

import type { RegisteredTool } from './registered.ts';
import type { Tool } from './tool.ts';

const Anything = z.looseObject({});

/** A registered tool as it is listed. It cannot be called: what checks and calls it is loaded when it is. */
export const listedTool = ({ name, definition }: RegisteredTool): Tool => ({
  name: name as Tool['name'],
  title: definition.title,
  description: definition.description,
  input: Anything,
  output: Anything,
  schemas: {
    input: definition.inputSchema,
    output: definition.outputSchema,
    isGuaranteed: definition.results === 'validated',
  },
  annotations: definition.annotations,
  examples: definition.examples,
  async run() {
    throw new AppError('internal');
  },
});
