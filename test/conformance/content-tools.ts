// Tools that answer at once; what each returns stands in the suite's scenario descriptions.
import type { CallToolResult, McpServer } from '@modelcontextprotocol/server';

/** One red pixel. */
export const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
/** A header and no sound. */
const WAV = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=';

export const text = (words: string): CallToolResult => ({ content: [{ type: 'text', text: words }] });

const image = { type: 'image', data: PNG, mimeType: 'image/png' } as const;

const ANSWERS: Readonly<Record<string, CallToolResult['content']>> = {
  test_simple_text: [{ type: 'text', text: 'This is a simple text response for testing.' }],
  test_image_content: [image],
  test_audio_content: [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }],
  test_embedded_resource: [
    {
      type: 'resource',
      resource: {
        uri: 'test://embedded-resource',
        mimeType: 'text/plain',
        text: 'This is an embedded resource content.',
      },
    },
  ],
  test_multiple_content_types: [
    { type: 'text', text: 'Multiple content types test:' },
    image,
    {
      type: 'resource',
      resource: {
        uri: 'test://mixed-content-resource',
        mimeType: 'application/json',
        text: '{"test":"data","value":123}',
      },
    },
  ],
  test_streaming_elicitation: [{ type: 'text', text: 'Nothing was asked.' }],
  test_trigger_tool_change: [{ type: 'text', text: 'The tools never change.' }],
  test_trigger_prompt_change: [{ type: 'text', text: 'The prompts never change.' }],
  test_reconnection: [{ type: 'text', text: 'A stream that broke is asked for again.' }],
};

/** They need an answer on another POST, which finds another process: rejected at once, a hanging one would hold it. */
const NEED_A_SESSION = [
  'test_sampling',
  'test_elicitation',
  'test_elicitation_sep1034_defaults',
  'test_elicitation_sep1330_enums',
];

export function addContentTools(server: McpServer): void {
  for (const [name, content] of Object.entries(ANSWERS)) {
    server.registerTool(name, { description: `Answers with what ${name} names.` }, () => ({ content }));
  }
  for (const name of NEED_A_SESSION) {
    server.registerTool(name, { description: 'Rejects: it would need a session.' }, () => ({
      isError: true,
      ...text('This server keeps no session.'),
    }));
  }
  server.registerTool('test_error_handling', { description: 'Always fails.' }, () => {
    throw new Error('This tool intentionally returns an error for testing');
  });
}
