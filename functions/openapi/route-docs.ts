// Texts of the API description, one entry a route. Data only; no function but the API description contains them.
import type { RouteName } from '#functions/routes.ts';

export const TAGS = {
  'API keys': 'Keys of AI providers and of registered tools. Answers hold hints, never a key.',
  Tools: 'Tools over REST and MCP, and the tools that users register.',
  'Provider APIs': 'Protocols of AI providers, for their clients: change the base URL and the key.',
  Usage: 'Usage, limits, preferences and notices of the caller.',
  Access: 'Sessions, personal access tokens and the account.',
  Audit: 'Audit records.',
  Service: 'Health and metadata.',
} as const;

export type RouteDoc = {
  readonly tag: keyof typeof TAGS;
  /** At most a line, without a full stop. */
  readonly summary: string;
  readonly description?: string;
};

export const routeDocs: Readonly<Record<RouteName, RouteDoc>> = {
  'keys-store': {
    tag: 'API keys',
    summary: 'Store a key',
    description:
      'Asks the provider first: rejected → 409 `key_rejected`, nothing stored; not reachable → stored, and `validation.outcome` says `unreachable`.',
  },
  'keys-connect': {
    tag: 'API keys',
    summary: 'Store an OAuth credential that renews itself',
    description:
      '`origin`, `token_endpoint`, `client_id` and `resource` are for `x-<alias>` alone: where these tokens may go, and where they are renewed; sealed with them.',
  },
  'keys-list': { tag: 'API keys', summary: 'List keys', description: 'Hints only.' },
  'keys-providers': { tag: 'API keys', summary: 'List providers' },
  'keys-rotate': {
    tag: 'API keys',
    summary: 'Replace the value of a key',
    description:
      'The old value works 15 more minutes. Of two rotations at once one is answered 409 with `current`.',
  },
  'keys-rollback': {
    tag: 'API keys',
    summary: 'Restore the previous value of a key',
    description: 'Within the 15 minutes after a rotation.',
  },
  'keys-validate': {
    tag: 'API keys',
    summary: 'Check a key with its provider',
    description:
      'Valid, rejected or unreachable, and the models it may use. The provider is called at most once a minute.',
  },
  'keys-freeze': {
    tag: 'API keys',
    summary: 'Freeze a key',
    description: 'In force on the very next call, everywhere.',
  },
  'keys-unfreeze': {
    tag: 'API keys',
    summary: 'Unfreeze a key',
    description: 'In force on the very next call, everywhere.',
  },
  'keys-order': {
    tag: 'API keys',
    summary: 'Order the keys of a provider',
    description: 'Exactly your keys of this provider: the first is used first, the others are its backups.',
  },
  'keys-label': {
    tag: 'API keys',
    summary: 'Label a key',
    description: '`null` removes the label.',
  },
  'keys-receipts': {
    tag: 'API keys',
    summary: 'List the uses of a key',
    description:
      'Each use, newest first; outlives the key. `unknown`: the call began and its end was never written.',
  },
  'keys-delete': {
    tag: 'API keys',
    summary: 'Delete a key',
    description: 'Rejected on the very next use, everywhere.',
  },

  'tools-invoke': {
    tag: 'Tools',
    summary: 'Call a tool',
    description:
      'Takes the scope of the tool in addition. `notes`: how the result of a registered tool deviates from its documented schema. `mode` is `backup_key` when a backup served.',
  },
  'tools-list': {
    tag: 'Tools',
    summary: 'List tools',
    description:
      'Schemas, examples, the kind of key that a tool takes; registered tools with their state and hash.',
  },
  'tools-register': {
    tag: 'Tools',
    summary: 'Register tools as drafts',
    description:
      'Each becomes `<alias>__<tool>`. `kind` is `http` with one operation in `tool`, `openapi` with a `document` or its `url`, or `mcp` with the `url` of a server. `skipped` names what was left out, optional parts of a registered tool too. `replace: true` replaces the tools of the alias: changed ones become drafts again, others are named in `deleted`. A document beyond 2 MiB is read from its `url`, as JSON, for the `operations` named. `results: "validated"` fails a call whose result deviates from its schema, `"as_is"` checks nothing, absent: it is noted. Only an admin may register with `shared: true`.',
  },
  'tools-read': {
    tag: 'Tools',
    summary: 'Read a registered tool',
    description: 'Definition, state, hash, and what has changed at its upstream.',
  },
  'tools-review': {
    tag: 'Tools',
    summary: 'Activate or disable registered tools',
    description:
      'With a name: `activate` by the `hash` of what was seen, or `disable`. With an alias: all its tools or none, `hashes` by tool name to `activate` (at most 90), or `disable` them all. In force on the very next call.',
  },
  'tools-delete': {
    tag: 'Tools',
    summary: 'Delete registered tools',
    description: 'One tool by its name, or all of an alias.',
  },
  mcp: {
    tag: 'Tools',
    summary: 'MCP endpoint',
    description:
      'Streamable HTTP, revisions 2025-03-26 to 2026-07-28, stateless: GET and DELETE are answered 405. Takes the scope of a called tool in addition.',
  },

  completions: {
    tag: 'Provider APIs',
    summary: "OpenAI's Chat Completions",
    description:
      "JSON and SSE, for every provider: `model` is `<provider>/<model>`, a bare name, or `portunus/cheapest`. Images and tools pass through. Errors have OpenAI's shape with our `code` and `next_step`. An `Idempotency-Key` header makes it safe to repeat, here and on all `POST /v1` routes: one charge; of a stream the same answer again, in fewer events.",
  },
  embeddings: {
    tag: 'Provider APIs',
    summary: "OpenAI's Embeddings",
    description:
      'For OpenAI, Google, Mistral and compatible servers. `input`: a text, up to 2,048 texts, or token numbers where the provider takes them. Fields that the provider cannot express are named in `x-portunus-dropped`.',
  },
  responses: {
    tag: 'Provider APIs',
    summary: "OpenAI's Responses",
    description:
      'JSON and SSE in its order of events, without what needs a store: `previous_response_id`, `conversation`, `prompt`, `background: true`, `store: true` and items of type `item_reference` are rejected by name. OpenAI gets the body as it is with `store: false`, without what changes its price: faster tiers are rejected, tools that run at OpenAI are left out. Other providers get it translated; what they cannot express is named in `x-portunus-dropped`. Signed thoughts of Claude travel in `encrypted_content`',
  },
  messages: {
    tag: 'Provider APIs',
    summary: "Anthropic's Messages",
    description:
      "JSON and SSE in its order of events. Anthropic gets the body as it is, without what changes its price: `service_tier`, cache entries of an hour, tools billed by their use (rejected by name). Other providers get it translated; thinking and fields without a counterpart are named in `x-portunus-dropped`. Errors have Anthropic's shape with our `code`, `next_step` and `request_id`.",
  },
  'messages-count': {
    tag: 'Provider APIs',
    summary: "Anthropic's count of tokens",
    description:
      'Anthropic\'s own count, without charge; for other providers an estimate, marked `"estimated": true`.',
  },
  'models-list': {
    tag: 'Provider APIs',
    summary: "OpenAI's list of models",
    description: "Models that the caller's keys may use, as their providers last listed them.",
  },
  'models-read': {
    tag: 'Provider APIs',
    summary: 'One model of the list',
    description: 'The `/` in its id may be plain or `%2F`.',
  },

  'usage-read': {
    tag: 'Usage',
    summary: 'Read usage and limits',
    description:
      'Spent, reserved, limit and what is left, of this day, this month and each provider; money in micro-USD.',
  },
  'usage-history': {
    tag: 'Usage',
    summary: 'Read the usage of past days',
    description:
      "The caller's tool calls by UTC day: calls by result, tokens, `cost_micro_usd`. A projection: every call that ended before `complete_until` is counted.",
  },
  'limits-read': {
    tag: 'Usage',
    summary: 'Read the rate limits',
    description:
      'Per role `{per_minute, burst, providers?, tools?}`. Names may be those of registered tools, `<alias>__<tool>`, and of their providers, `x-<alias>`: these are not looked up, because they come and go.',
  },
  'limits-change': {
    tag: 'Usage',
    summary: 'Replace the rate limits',
    description:
      'Replaces all limits, in force everywhere within 10 s, instead of the template parameter `RateLimits`. On another `version` than the stored one 409 with `current`. Zero is rejected: a limit slows down, it does not ban.',
  },
  'cache-invalidate': {
    tag: 'Usage',
    summary: 'Invalidate cached results',
    description:
      'Of one user or of all: of some tools, of what depends on keys or preferences, or all. No instance serves them after 10 s. Changes of keys and preferences invalidate what depends on them by themselves.',
  },
  'preferences-read': { tag: 'Usage', summary: 'Read preferences' },
  'preferences-write': {
    tag: 'Usage',
    summary: 'Replace preferences',
    description:
      'Replaced as a whole. `"5.00"` is dollars; a budget can only lower that of the stage and is in force at once, defaults within 10 s.',
  },
  'notices-list': { tag: 'Usage', summary: 'List notices', description: 'Newest first.' },
  'notices-read': {
    tag: 'Usage',
    summary: 'Mark a notice as read',
    description: 'Repeating it changes nothing.',
  },

  'sessions-list': {
    tag: 'Access',
    summary: 'List sessions',
    description: "The caller's sign-ins: one entry each, through all its refreshes.",
  },
  'sessions-revoke': {
    tag: 'Access',
    summary: 'Revoke a session',
    description:
      'Its tokens are rejected within 60 seconds everywhere (10 in practice), refreshed ones too: what counts is when its user signed in (`auth_time`), so nothing has to be called at the issuer.',
  },
  'sessions-revoke-all': {
    tag: 'Access',
    summary: 'Revoke all sessions',
    description:
      'Tokens issued until now are rejected within 60 seconds everywhere; personal access tokens too.',
  },
  'admin-sessions-revoke': {
    tag: 'Access',
    summary: 'Revoke all sessions of another user',
    description: "A user of the admin's own issuer.",
  },
  'tokens-create': {
    tag: 'Access',
    summary: 'Create a personal access token',
    description:
      'The token is shown once. With more scopes than those of the caller 403. See [personal access tokens](#personal-access-tokens).',
  },
  'tokens-list': {
    tag: 'Access',
    summary: 'List personal access tokens',
    description: 'Active and expired ones, with `last_used_at` to the minute.',
  },
  'tokens-revoke': {
    tag: 'Access',
    summary: 'Revoke a personal access token',
    description: 'Rejected within 10 seconds everywhere.',
  },
  'account-erase': {
    tag: 'Access',
    summary: 'Erase the account',
    description:
      "Erases the caller's data; says what is gone, when backups lapse and where to revoke keys. 202: send the request again to continue.",
  },

  'audit-logs': {
    tag: 'Audit',
    summary: 'List audit records',
    description:
      "The caller's own records, newest first. Auditors and admins may name the `user_id` of another, or `owner=anonymous` for rejected sign-ins.",
  },
  'audit-verification': {
    tag: 'Audit',
    summary: 'Read the state of the audit log',
    description:
      'The last signed checkpoint, which auditors may keep, the public key that verifies it, and what the last export verified. `late`: the log was not sealed for more than three minutes.',
  },

  health: { tag: 'Service', summary: 'Health' },
  openapi: { tag: 'Service', summary: 'This description of the API', description: 'OpenAPI 3.1.' },
  'metadata-protected-resource': {
    tag: 'Service',
    summary: 'Metadata of the protected resource (RFC 9728)',
  },
  'metadata-authorization-server': {
    tag: 'Service',
    summary: 'Metadata of the authorization server (RFC 8414)',
    description:
      'Describes Cognito, whose own metadata MCP clients cannot use; 404 where issuers describe themselves. An address with a path is read in the form of OpenID Connect.',
  },
  'reports-list': {
    tag: 'Audit',
    summary: 'List daily reports',
    description: 'For auditors, operators and admins: the five success metrics of each day, newest first.',
  },
  'reports-read': {
    tag: 'Audit',
    summary: 'Read the report of a day',
    description:
      'Written at 06:00 UTC of the next day. A metric without cases has `value` null and the status `no data`. Reports name no owner.',
  },
  'feedback-give': {
    tag: 'Usage',
    summary: 'Give feedback',
    description:
      '`confidence` once a day (UTC), stored without its owner; reports show nothing of fewer than five answers a day. Or `setup_step`.',
  },
  'leak-reports': {
    tag: 'Service',
    summary: 'Report leaked keys',
    description:
      "In the form of GitHub's secret scanning partner program: signed with ECDSA P-256 over the body, `Github-Public-Key-Identifier` and `Github-Public-Key-Signature`. A stored key among the tokens is frozen, a personal access token revoked; its owner and the operators are notified.",
  },
  'oauth-register': {
    tag: 'Service',
    summary: 'Register an MCP client (RFC 7591)',
    description:
      'Answers with the one public client of the Cognito pool, and stores nothing. `redirect_uris` must be in the parameter `RedirectUris`; loopback on any port is. Errors have `error` and `error_description` beside the members of a problem. 404 where issuers register clients themselves.',
  },
  'oauth-authorize': {
    tag: 'Service',
    summary: 'Begin a sign-in (RFC 6749 §4.1)',
    description:
      'A page that names the receiver of the access and leads to Cognito. PKCE with S256 is required.',
  },
  'oauth-callback': {
    tag: 'Service',
    summary: 'End a sign-in',
    description: "Redirects to the client, with Cognito's code or error.",
  },
  'oauth-token': {
    tag: 'Service',
    summary: 'Exchange a code or a refresh token (RFC 6749 §3.2)',
    description: 'Takes a form. Errors have `error` and `error_description`.',
  },
};
