// The values of a template's parameters: given ones, else defaults, checked as CloudFormation checks them.
import type { Parameter, Template } from './template.ts';

/** Values for one stack. Throws on a parameter without a value or with one its declaration rejects. */
export function resolveParameters(
  stack: string,
  template: Template,
  given: Readonly<Record<string, string>>,
): Map<string, unknown> {
  return new Map(
    Object.entries(template.Parameters ?? {})
      .filter(([, { Type }]) => !Type.startsWith('AWS::SSM::Parameter::'))
      .map(([name, parameter]) => {
        const value = given[name] ?? parameter.Default;
        if (value === undefined) throw new Error(`Parameter ${name} of stack ${stack} needs a value.`);
        check(`Parameter ${name} of stack ${stack}`, parameter, String(value));
        return [name, parsed(parameter.Type, String(value))];
      }),
  );
}

function check(what: string, { AllowedPattern, AllowedValues }: Parameter, value: string) {
  if (AllowedPattern && !new RegExp(`^(?:${AllowedPattern})$`).test(value)) {
    throw new Error(`${what} does not match ${AllowedPattern}.`);
  }
  if (AllowedValues && !AllowedValues.map(String).includes(value)) {
    throw new Error(`${what} must be one of ${AllowedValues.join(', ')}.`);
  }
}

const parsed = (type: string, value: string) =>
  type === 'CommaDelimitedList' || type.startsWith('List<')
    ? value.split(',').map((item) => item.trim())
    : value;
