import { isObject, type ModelErrorJson } from '../models/index.ts';
import { expect, shown } from './outcome.ts';
import type { Answer } from './provider-process.ts';

/** Checks that an answer has a status and a models.Error with the same Code, and returns the error. */
export function expectError(answer: Answer, status: number | undefined, to: string): ModelErrorJson {
  if (status !== undefined) {
    expect(
      answer.status === status,
      `${to} is answered ${answer.status}, not ${status}: ${shown(answer.text)}`,
    );
  }
  const { json } = answer;
  expect(
    isModelError(json),
    `${to} is answered with something other than a models.Error: ${shown(answer.text)}`,
  );
  expect(json.Code === answer.status, `${to} is answered ${answer.status} with Code ${json.Code}`);
  return json;
}

function isModelError(value: unknown): value is ModelErrorJson {
  if (!isObject(value)) return false;
  const { Model, Key, Type, Messages, Code } = value;
  return (
    [Model, Key, Type].every((text) => typeof text === 'string') &&
    typeof Code === 'number' &&
    (Messages === null || isTextList(Messages))
  );
}

export function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
