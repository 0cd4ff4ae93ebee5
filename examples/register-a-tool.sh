#!/usr/bin/env bash
# Register one HTTP operation as a tool, read its definition, activate it by its hash, call it.
# TOOL_ORIGIN: the origin of the API, for example https://api.example.org
set -euo pipefail
url=${PORTUNUS_URL:-http://127.0.0.1:8787}
api() { curl --fail-with-body --silent --show-error -H "Authorization: Bearer $PORTUNUS_TOKEN" -H 'Content-Type: application/json' "$@"; }
field() { node -e 'process.stdin.toArray().then((parts) => console.log(JSON.parse(parts.join(""))[process.argv[1]]))' "$1"; }

api "$url/mcp/tools" -d @- <<JSON
{
  "kind": "http",
  "alias": "weather",
  "tool": {
    "name": "forecast",
    "description": "Returns the weather forecast of a city.",
    "method": "GET",
    "url": "$TOOL_ORIGIN/forecast/{city}",
    "parameters": [{ "name": "city", "in": "path" }],
    "input_schema": {
      "type": "object",
      "properties": { "city": { "type": "string", "maxLength": 50 } },
      "required": ["city"]
    }
  }
}
JSON
echo

# Read what was registered before approving it: the hash covers name, description and schemas.
hash=$(api "$url/mcp/tools/weather__forecast" | field hash)
api "$url/mcp/tools/weather__forecast/review" -d "{\"decision\": \"activate\", \"hash\": \"$hash\"}"
echo
api "$url/mcp/tools/invoke" -d '{"tool_name": "weather__forecast", "parameters": {"city": "Oslo"}}'
echo
