import { type Message, message } from './messages.ts';

export type Json = Record<string, unknown>;

/** What may be written to a property, or given as a parameter. */
export type Rule =
  | {
      type: 'string' | 'boolean' | 'number';
      values?: readonly string[];
      nullable?: boolean;
      required?: boolean;
    }
  | { type: 'object'; properties: Rules; required?: boolean }
  | { type: 'list' }
  | { type: 'read-only' };
export type Rules = Readonly<Record<string, Rule>>;

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The part of a PATCH that can be done, and what is wrong with the rest, by property. */
export interface Sorted {
  good: Json;
  /** Path of the property (`Boot/BootSourceOverrideMode`) and what is wrong. */
  bad: { path: string; message: Message }[];
}

/** Sorts the properties of a PATCH (DSP0266, 7.5 Data modification requests; messages of the Base registry). */
export function sortProperties(body: Json, rules: Rules, below = ''): Sorted {
  const sorted: Sorted = { good: {}, bad: [] };
  for (const [name, value] of Object.entries(body)) {
    // OData annotations are not properties, and are ignored.
    if (name.startsWith('@odata.')) continue;
    const path = `${below}${name}`;
    const rule = rules[name];
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    if (rule === undefined) sorted.bad.push({ path, message: message('PropertyUnknown', name) });
    else if (rule.type === 'read-only')
      sorted.bad.push({ path, message: message('PropertyNotWritable', name) });
    else if (!fits(value, rule))
      sorted.bad.push({ path, message: message('PropertyValueTypeError', text, name) });
    else if (rule.type === 'object') {
      const inner = sortProperties(value as Json, rule.properties, `${path}/`);
      if (Object.keys(inner.good).length > 0) sorted.good[name] = inner.good;
      sorted.bad.push(...inner.bad);
    } else if (rule.type === 'list' || isListed(value, rule)) sorted.good[name] = value;
    else sorted.bad.push({ path, message: message('PropertyValueNotInList', text, name) });
  }
  return sorted;
}

/** What is wrong with the parameters of an action (DSP0266, POST (action); messages of the Base registry). */
export function parameterProblems(action: string, body: Json, rules: Rules): Message[] {
  const problems: Message[] = [];
  for (const [name, rule] of Object.entries(rules)) {
    if ('required' in rule && rule.required === true && !Object.hasOwn(body, name)) {
      problems.push(message('ActionParameterMissing', action, name));
    }
  }
  for (const [name, value] of Object.entries(body)) {
    const rule = rules[name];
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    if (rule === undefined || rule.type === 'read-only') {
      problems.push(message('ActionParameterUnknown', action, name));
    } else if (!fits(value, rule)) {
      problems.push(message('ActionParameterValueTypeError', text, name, action));
    } else if (rule.type === 'object') {
      problems.push(...parameterProblems(action, value as Json, rule.properties));
    } else if (rule.type !== 'list' && !isListed(value, rule)) {
      problems.push(message('ActionParameterValueNotInList', text, name, action));
    }
  }
  return problems;
}

function fits(value: unknown, rule: Exclude<Rule, { type: 'read-only' }>): boolean {
  if (rule.type === 'object') return isJson(value);
  if (rule.type === 'list') return Array.isArray(value);
  return value === null ? rule.nullable === true : typeof value === rule.type;
}

function isListed(value: unknown, rule: Extract<Rule, { type: 'string' | 'boolean' | 'number' }>): boolean {
  return rule.values === undefined || value === null || rule.values.includes(String(value));
}
