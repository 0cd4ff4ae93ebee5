// Prompts for users: text only. Their data is fetched by the tools they name.
import type { McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod';

const says = (text: string) => ({
  messages: [{ role: 'user' as const, content: { type: 'text' as const, text } }],
});

export function addPrompts(server: McpServer): void {
  server.registerPrompt(
    'plan_my_day',
    {
      title: 'Plan my day',
      description: 'Orders the open todos into a plan for today.',
      argsSchema: z.object({
        zone: z.string().min(1).max(64).optional().describe('IANA zone, as in Europe/Berlin'),
      }),
    },
    ({ zone }) =>
      says(
        `Plan my day. Get the time with time_now${zone ? ` for the zone ${zone}` : ''} and my open todos with todo_list, sorted by due date. Propose an order for today: what is overdue or due today first, then by priority. Say what can wait. Change no todo before I agree.`,
      ),
  );
  server.registerPrompt(
    'summarise_todos',
    {
      title: 'Summarise my todos',
      description: 'A short overview of what is open, due and done.',
      argsSchema: z.object({
        tag: z.string().min(1).max(40).optional().describe('Only todos with this tag'),
      }),
    },
    ({ tag }) =>
      says(
        `Summarise my todos${tag ? ` tagged “${tag}”` : ''}. Read them with todo_list (status "all"${tag ? ', and that tag' : ''}), page by page. Tell how many are open, overdue and done, and name the three that matter most.`,
      ),
  );
}
