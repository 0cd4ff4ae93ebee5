// Differences between Claude models that decide whether a request is valid. Source: Anthropic's model and thinking pages and
// the published tables of its SDK users, October 2026. A model that is not listed gets every field as the caller wrote it.

export type ClaudeModel = {
  /** `adaptive`: the model sets its own budget by an effort. `budget`: by a number of tokens. */
  readonly thinking: 'adaptive' | 'budget' | 'none';
  /** Takes temperature, top_p and top_k. */
  readonly sampling: boolean;
  /** Takes a tool choice that forces a call. */
  readonly forcedTools: boolean;
  /** Takes a schema for its answer. */
  readonly structured: boolean;
  /** Thinking can be switched off. */
  readonly canStopThinking: boolean;
  /** Longest answer, in tokens, where the price table does not state it. */
  readonly maxTokens: number;
};

const CURRENT: ClaudeModel = {
  thinking: 'adaptive',
  sampling: true,
  forcedTools: true,
  structured: true,
  canStopThinking: true,
  maxTokens: 64_000,
};
const NO_SAMPLING: ClaudeModel = { ...CURRENT, sampling: false };
const ALWAYS_THINKING: ClaudeModel = { ...NO_SAMPLING, forcedTools: false, canStopThinking: false };
const OLD: ClaudeModel = { ...CURRENT, thinking: 'none', structured: false, maxTokens: 4096 };

/** The first match decides. */
const MODELS: readonly (readonly [RegExp, ClaudeModel])[] = [
  [/^claude-(?:sonnet-5-5|opus-5-5|fable-5-[12])/, ALWAYS_THINKING],
  [/^claude-fable-5/, { ...NO_SAMPLING, canStopThinking: false }],
  [/^claude-(?:haiku-5-5|opus-5|sonnet-5|opus-4-[78])/, NO_SAMPLING],
  [/^claude-(?:sonnet|opus)-4-6/, CURRENT],
  [/^claude-(?:sonnet|opus|haiku)-4-5/, { ...CURRENT, thinking: 'budget' }],
  [/^claude-opus-4-1/, { ...CURRENT, thinking: 'budget', maxTokens: 32_000 }],
  [/^claude-opus-4/, { ...CURRENT, thinking: 'budget', structured: false, maxTokens: 32_000 }],
  [/^claude-(?:sonnet-4|3-7)/, { ...CURRENT, thinking: 'budget', structured: false }],
  [/^claude-3-5/, { ...OLD, maxTokens: 8192 }],
  [/^claude-(?:3|2|instant)/, OLD],
];

export const claudeModel = (model: string): ClaudeModel =>
  MODELS.find(([pattern]) => pattern.test(model))?.[1] ?? CURRENT;
