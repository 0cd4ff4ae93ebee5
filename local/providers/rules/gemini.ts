// Requests that the Gemini API rejects on generateContent and streamGenerateContent. Messages as the API words them.
import {
  asList,
  asObject,
  asText,
  isObject,
  isOutside,
  type Json,
  keySet,
  unknownKey,
} from '#local/providers/json.ts';

const FIELDS = keySet(
  'contents tools toolConfig safetySettings systemInstruction generationConfig cachedContent model store serviceTier',
);
const CONFIG = keySet(
  'stopSequences responseMimeType responseSchema responseJsonSchema responseModalities candidateCount maxOutputTokens temperature topP topK seed presencePenalty frequencyPenalty responseLogprobs logprobs enableEnhancedCivicAnswers speechConfig thinkingConfig imageConfig mediaResolution',
);
const PART = keySet(
  'text inlineData fileData functionCall functionResponse executableCode codeExecutionResult thought thoughtSignature videoMetadata partMetadata mediaResolution',
);
const PART_DATA = ['text', 'inlineData', 'fileData', 'functionCall', 'functionResponse'];
/** The Schema message, an OpenAPI subset; `parametersJsonSchema` and `responseJsonSchema` take any JSON Schema. */
const SCHEMA = keySet(
  'type format title description nullable enum maxItems minItems properties required minProperties maxProperties minLength maxLength pattern example anyOf propertyOrdering default items minimum maximum',
);
const TOOL_NAME = /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/;

const unknownName = (name: string, where: string) =>
  `Invalid JSON payload received. Unknown name "${name}"${where ? ` at '${where}'` : ''}: Cannot find field.`;

/** The reason for a rejection, undefined for a valid request. */
export function checkGemini(path: string, body: Json): string | undefined {
  const [, model] = /models\/([^:]+):(?:generate|streamGenerate)Content/.exec(path) ?? [];
  if (model === undefined) return undefined;
  const config = asObject(body.generationConfig);
  const unknown = unknownKey(body, FIELDS);
  if (unknown !== undefined) return unknownName(unknown, '');
  const unknownOption = unknownKey(config, CONFIG);
  if (unknownOption !== undefined) return unknownName(unknownOption, 'generation_config');
  if (isOutside(config.temperature, [0, 2]))
    return '* GenerateContentRequest.generation_config.temperature: invalid';
  return (
    checkSchema(config.responseSchema, 'generation_config.response_schema') ??
    checkTools(asList(body.tools).map(asObject)) ??
    checkContents(asList(body.contents).map(asObject), model) ??
    (body.systemInstruction === undefined
      ? undefined
      : checkParts(asObject(body.systemInstruction), 'system_instruction'))
  );
}

function checkTools(tools: readonly Json[]): string | undefined {
  const functions = tools.flatMap((tool) => asList(tool.functionDeclarations).map(asObject));
  for (const [index, { name, parameters }] of functions.entries()) {
    const where = `tools[0].function_declarations[${index}]`;
    if (!TOOL_NAME.test(asText(name)))
      return `* GenerateContentRequest.${where}.name: Invalid function name.`;
    const problem = checkSchema(parameters, `${where}.parameters`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function checkSchema(schema: unknown, where: string): string | undefined {
  if (!isObject(schema)) return undefined;
  const unknown = unknownKey(schema, SCHEMA);
  if (unknown !== undefined) return unknownName(unknown, where);
  if (Array.isArray(schema.type))
    return `Invalid value at '${where}.type' (type), Proto field is not repeating, cannot start list.`;
  const inner = [...Object.values(asObject(schema.properties)), schema.items, ...asList(schema.anyOf)];
  return inner.map((each) => checkSchema(each, `${where}.properties`)).find(Boolean);
}

function checkContents(contents: readonly Json[], model: string): string | undefined {
  if (contents.length === 0) return '* GenerateContentRequest.contents: contents is not specified\n';
  for (const [index, content] of contents.entries()) {
    if (content.role !== undefined && content.role !== 'user' && content.role !== 'model')
      return 'Please use a valid role: user, model.';
    const problem = checkParts(content, `contents[${index}]`) ?? checkCalls(contents, index);
    if (problem !== undefined) return problem;
  }
  const unsigned = model.startsWith('gemini-3') && contents.some(isUnsigned);
  return unsigned ? 'Function call is missing a thought_signature in functionCall parts.' : undefined;
}

/** Gemini 3 demands a signature on the first call of each turn. */
function isUnsigned({ parts }: Json): boolean {
  const call = asList(parts)
    .map(asObject)
    .find((part) => isObject(part.functionCall));
  return call !== undefined && asText(call.thoughtSignature) === '';
}

function checkParts({ parts }: Json, where: string): string | undefined {
  if (asList(parts).length === 0)
    return `* GenerateContentRequest.${where}.parts: contents.parts must not be empty.\n`;
  for (const [index, part] of asList(parts).map(asObject).entries()) {
    const unknown = unknownKey(part, PART);
    if (unknown !== undefined) return unknownName(unknown, `${where}.parts[${index}]`);
    const hasData = PART_DATA.some((name) =>
      name === 'text' ? asText(part.text) !== '' : isObject(part[name]),
    );
    if (!hasData)
      return `* GenerateContentRequest.${where}.parts[${index}].data: required oneof field 'data' must have one initialized field\n`;
  }
  return undefined;
}

const count = (content: Json | undefined, kind: 'functionCall' | 'functionResponse'): number =>
  asList(content?.parts).filter((part) => isObject(asObject(part)[kind])).length;

function checkCalls(contents: readonly Json[], index: number): string | undefined {
  const responses = count(contents[index], 'functionResponse');
  const calls = count(contents[index - 1], 'functionCall');
  if (responses === calls) return undefined;
  return 'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.';
}
