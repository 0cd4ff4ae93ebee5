import { describe, expect, it } from 'vitest';

import { compileTemplate, pipeMeaning, ruleMeaning } from '#local/events/input-template.ts';
import { compilePattern } from '#local/events/pattern.ts';

const matches = (pattern: object, event: unknown) => compilePattern(pattern)(event);

describe('an event pattern', () => {
  const event = {
    source: 'aws.ec2',
    'detail-type': 'State change',
    resources: ['arn:aws:s3:::a', 'arn:aws:s3:::b'],
    detail: {
      state: 'Running',
      code: 0,
      limit: 10.5,
      ip: '10.0.0.24',
      flag: true,
      none: null,
      empty: '',
      list: [],
    },
  };

  it.each<[string, object, boolean]>([
    ['an exact string', { source: ['aws.ec2'] }, true],
    ['one of several strings', { source: ['aws.s3', 'aws.ec2'] }, true],
    ['another string', { source: ['aws.s3'] }, false],
    ['a string in another case', { source: ['AWS.EC2'] }, false],
    ['all fields', { source: ['aws.ec2'], detail: { state: ['Running'] } }, true],
    ['one field wrong', { source: ['aws.ec2'], detail: { state: ['Stopped'] } }, false],
    ['a number', { detail: { code: [0] } }, true],
    ['a number written as a string', { detail: { code: ['0'] } }, false],
    ['a boolean', { detail: { flag: [true] } }, true],
    ['null', { detail: { none: [null] } }, true],
    ['an empty string', { detail: { empty: [''] } }, true],
    ['null is no empty string', { detail: { empty: [null] } }, false],
    ['one item of an array', { resources: ['arn:aws:s3:::b'] }, true],
    ['no item of an array', { resources: ['arn:aws:s3:::c'] }, false],
    ['an absent field', { detail: { nope: [null] } }, false],
  ])('decides on %s', (_name, pattern, expected) => {
    expect(matches(pattern, event)).toBe(expected);
  });

  it('matches the fields of one object against the same item of an array', () => {
    const employees = {
      employees: [
        { first: 'Maria', last: 'Ito' },
        { first: 'John', last: 'Doe' },
      ],
    };
    expect(matches({ employees: { first: ['Maria'], last: ['Ito'] } }, employees)).toBe(true);
    expect(matches({ employees: { first: ['Maria'], last: ['Doe'] } }, employees)).toBe(false);
  });

  it.each([
    ['an empty pattern', {}],
    ['a bare value', { source: 'aws.ec2' }],
    ['an empty list', { source: [] }],
    ['a content operator', { source: [{ prefix: 'aws.' }] }],
    ['an operator beside a value', { detail: { nope: ['x', { exists: true }] } }],
    ['an $or', { $or: [{ source: ['aws.s3'] }, { source: ['aws.ec2'] }] }],
  ])('rejects %s when it is compiled', (_name, pattern) => {
    expect(() => compilePattern(pattern)).toThrow(/[Ee]vent pattern/);
  });
});

describe('an input template', () => {
  const record = {
    dynamodb: { NewImage: { id: { S: 'a "quoted" id' }, n: { N: '7' } } },
    count: 3,
    deep: { x: [1, 2] },
  };
  const fill = (template: string) =>
    compileTemplate(template, pipeMeaning({ 'aws.pipes.pipe-name': 'p' }))(record);

  it.each([
    ['text inside a string', '{"id":"<$.dynamodb.NewImage.id.S>"}', { id: 'a "quoted" id' }],
    ['a number inside a string', '{"n":"is <$.count>"}', { n: 'is 3' }],
    ['a JSON value outside one', '{"deep":<$.deep>,"n":<$.count>}', { deep: { x: [1, 2] }, n: 3 }],
    ['an item of a list', '{"second":<$.deep.x[1]>}', { second: 2 }],
    ['nothing as empty text', '{"nope":"<$.no.such>"}', { nope: '' }],
    ['nothing as null', '{"nope":<$.no.such>}', { nope: null }],
    ['an object inside a string', '{"deep":"<$.deep>"}', { deep: '{"x":[1,2]}' }],
    ['a variable of the pipe', '{"by":"<aws.pipes.pipe-name>"}', { by: 'p' }],
    ['the whole record', '{"all":<aws.pipes.event.json>}', { all: record }],
    ['plain text', 'count is <$.count>', 'count is 3'],
  ])('writes %s', (_name, template, expected) => {
    expect(fill(template)).toEqual(expected);
  });

  it('throws an error that names an unknown placeholder', () => {
    expect(() => fill('{"x":"<aws.pipes.nope>"}')).toThrow('Unknown placeholder <aws.pipes.nope>');
  });

  it('resolves the named paths of a rule', () => {
    const rule = compileTemplate(
      '{"who":"<who>","rule":"<aws.events.rule-name>"}',
      ruleMeaning({ who: '$.detail.ownerId' }, { 'aws.events.rule-name': 'r' }),
    );
    expect(rule({ detail: { ownerId: 'alice' } })).toEqual({ who: 'alice', rule: 'r' });
  });
});
