// Redirect URIs at which MCP clients receive authorization codes: the default of the parameter `RedirectUris`. Exact texts; a loopback host stands for
// any port and path of it (RFC 8252 §7.3). Looked up in November 2026, each at its client or vendor.
export const CLIENT_REDIRECT_URIS = [
  // Any port: the MCP Inspector (http://localhost:6274/oauth/callback), mcp-remote (a port by the server's address), Claude Code,
  // Codex, Copilot CLI and Cursor's desktop build (a free port each), VS Code (33418, else a free one), Kiro, Windsurf, Zed,
  // JetBrains, mcporter, Goose.
  'http://127.0.0.1',
  'http://[::1]',
  'http://localhost',
  // Claude on the web and on the desktop: support.claude.com, "Building custom connectors".
  'https://claude.ai/api/mcp/auth_callback',
  'https://claude.com/api/mcp/auth_callback',
  // ChatGPT: developers.openai.com/plugins/build/auth. Its apps have further ones of their own (/connector/oauth/<id>): add those.
  'https://chatgpt.com/connector_platform_oauth_redirect',
  // Cursor: cursor.com/docs/mcp.
  'cursor://anysphere.cursor-mcp/oauth/callback',
  'https://www.cursor.com/agents/mcp/oauth/callback',
  // VS Code on the web and Insiders: microsoft/vscode, src/vs/base/common/oauth.ts.
  'https://vscode.dev/redirect',
  'https://insiders.vscode.dev/redirect',
  // Grok: grok.com/oauth/mcp-client.json.
  'https://grok.com/connectors-oauth-exchange-code/',
  // Perplexity: its help centre, "Custom remote connectors".
  'https://www.perplexity.ai/rest/connections/oauth_callback',
  'https://enterprise.perplexity.ai/rest/connections/oauth_callback',
  // Mistral Le Chat: no vendor document; aws-samples/mistral-on-aws and others list it.
  'https://callback.mistral.ai/v1/integrations_auth/oauth2_callback',
] as const;
