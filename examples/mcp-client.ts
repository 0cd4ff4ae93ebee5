// The official MCP client: list the tools, create a todo, find it again.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const { PORTUNUS_URL = 'http://127.0.0.1:8787', PORTUNUS_TOKEN = '' } = process.env;
const client = new Client({ name: 'portunus-example', version: '1.0.0' });
const headers = { authorization: `Bearer ${PORTUNUS_TOKEN}` };
await client.connect(
  new StreamableHTTPClientTransport(new URL(`${PORTUNUS_URL}/mcp`), { requestInit: { headers } }),
);

const { tools } = await client.listTools();
for (const { name, description } of tools) console.log(`${name}: ${description?.split('\n')[0]}`);

await client.callTool({ name: 'todo_create', arguments: { title: 'Water the plants', tags: ['home'] } });
const found = await client.callTool({ name: 'todo_list', arguments: { tag: 'home' } });
console.log(JSON.stringify(found.structuredContent));

await client.close();
