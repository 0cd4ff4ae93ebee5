#!/usr/bin/env bash
# Store a provider key, call a tool with it, read the audit records.
set -euo pipefail
url=${PORTUNUS_URL:-http://127.0.0.1:8787}
api() { curl --fail-with-body --silent --show-error -H "Authorization: Bearer $PORTUNUS_TOKEN" -H 'Content-Type: application/json' "$@"; echo; }

api "$url/api-keys" -d '{"provider": "openai", "api_key": "sk-proj-not-a-real-key-first-example"}'
api "$url/mcp/tools/invoke" -d '{"tool_name": "ai_chat", "parameters": {"messages": [{"role": "user", "content": "Hello!"}]}}'
api "$url/audit/logs?limit=5"
