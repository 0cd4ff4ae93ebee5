import { acceptedContent, completable, inputRequired, type McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod';

import { form } from './asking-tools.ts';
import { PNG } from './content-tools.ts';

type Content =
  | { type: 'text'; text: string }
  | { type: 'image'; data: string; mimeType: string }
  | { type: 'resource'; resource: { uri: string; mimeType: string; text: string } };

const says = (...contents: Content[]) => ({
  messages: contents.map((content) => ({ role: 'user' as const, content })),
});

const words = (text: string): Content => ({ type: 'text', text });

const SUGGESTIONS = ['paris', 'park', 'party'];

export function addPrompts(server: McpServer): void {
  server.registerPrompt('test_simple_prompt', { description: 'Says one sentence.' }, () =>
    says(words('This is a simple prompt for testing.')),
  );
  server.registerPrompt(
    'test_prompt_with_arguments',
    {
      description: 'Repeats its arguments.',
      argsSchema: z.object({
        arg1: completable(z.string().describe('First test argument'), (begun) =>
          SUGGESTIONS.filter((word) => word.startsWith(begun)),
        ),
        arg2: z.string().describe('Second test argument'),
      }),
    },
    ({ arg1, arg2 }) => says(words(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)),
  );
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    {
      description: 'Brings a resource along.',
      argsSchema: z.object({ resourceUri: z.string().describe('URI of the resource to embed') }),
    },
    ({ resourceUri }) =>
      says(
        {
          type: 'resource',
          resource: {
            uri: resourceUri,
            mimeType: 'text/plain',
            text: 'Embedded resource content for testing.',
          },
        },
        words('Please process the embedded resource above.'),
      ),
  );
  server.registerPrompt('test_prompt_with_image', { description: 'Brings an image along.' }, () =>
    says({ type: 'image', data: PNG, mimeType: 'image/png' }, words('Please analyze the image above.')),
  );
  server.registerPrompt(
    'test_input_required_result_prompt',
    { description: 'Asks before it speaks.' },
    (ctx) => {
      const context = acceptedContent(ctx.mcpReq.inputResponses, 'user_context')?.['context'];
      if (typeof context === 'string') return says(words(`In the context of ${context}: go on.`));
      return inputRequired({
        inputRequests: { user_context: form('What context should the prompt use?', 'context') },
      });
    },
  );
}
