import { XMLParser } from 'fast-xml-parser';

const NAMESPACE = 'http://www.ibm.com/xmlns/systems/power/firmware/web/mc/2012_10/';
const SCHEMA_VERSION = /^V1_\d+(_\d+)?$/;

/** A request that the HMC does not grant, and what it says of it. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface Node {
  '@xmlns'?: string;
  '@schemaVersion'?: string;
  [name: string]: unknown;
}

export function readLogon(body: string): { username: string; password: string } {
  const logon = rootOf(body, 'LogonRequest');
  return { username: textOf(logon, 'UserID'), password: textOf(logon, 'Password') };
}

export interface JobRequest {
  operation: string;
  group: string;
  parameters: Record<string, string>;
}

export function readJobRequest(body: string): JobRequest {
  const request = rootOf(body, 'JobRequest');
  const operation = childOf(request, 'RequestedOperation');
  const list = childOf(request, 'JobParameters').JobParameter;
  const parameters = (Array.isArray(list) ? list : [list]).map((parameter) => {
    const node = versioned(parameter, 'JobParameter');
    return [textOf(node, 'ParameterName'), textOf(node, 'ParameterValue')];
  });
  return {
    operation: textOf(operation, 'OperationName'),
    group: textOf(operation, 'GroupName'),
    parameters: Object.fromEntries(parameters) as Record<string, string>,
  };
}

function rootOf(body: string, name: string): Node {
  const options = {
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    parseTagValue: false,
    trimValues: false,
  };
  let document: Node;
  try {
    document = new XMLParser(options).parse(body, true) as Node;
  } catch (error) {
    throw new Refusal(400, `no XML: ${error}`);
  }
  const root = versioned(document[name], name);
  if (root['@xmlns'] !== NAMESPACE) throw new Refusal(400, `${name} of namespace ${root['@xmlns']}`);
  return root;
}

function childOf(node: Node, name: string): Node {
  return versioned(node[name], name);
}

/** Each element with elements in it has the version of its schema. */
function versioned(value: unknown, name: string): Node {
  if (typeof value !== 'object' || value === null) throw new Refusal(400, `no ${name}`);
  const node = value as Node;
  if (!SCHEMA_VERSION.test(node['@schemaVersion'] ?? ''))
    throw new Refusal(400, `${name} without a schemaVersion`);
  return node;
}

function textOf(node: Node, name: string): string {
  const text = node[name];
  if (typeof text !== 'string') throw new Refusal(400, `no ${name}`);
  return text;
}
