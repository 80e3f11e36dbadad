import { refusal } from '../../lib/ipmi/index.ts';
import type { Driver, Request } from './driver.ts';
import { keepOwnPassword } from './new-password.ts';
import { choiceParam, textParam } from './params.ts';

/** Result of a power action with `ipmi/result-format` `json`. */
export interface PowerResult {
  /** The power state that the BMC reports after the action. */
  power: string;
  driver: string;
  /** Duration of the action in whole milliseconds. */
  tookMs: number;
}

const POWER_COMMANDS = new Set([
  'poweron',
  'poweroff',
  'powercycle',
  'powerreset',
  'powersoft',
  'powerstatus',
]);

/** Runs an action with the driver for the machine's `ipmi/mode`. Throws ModelError. */
export async function act(modes: ReadonlyMap<string, Driver>, request: Request): Promise<unknown> {
  const { command, params } = request;
  const mode = textParam(params, 'ipmi/mode');
  const driver = modes.get(mode);
  if (driver === undefined) throw refusal(404, `Invalid mode: ${mode}`);
  const asJson = POWER_COMMANDS.has(command) && resultFormat(request) === 'json';
  const start = performance.now();
  const missing = await driver.missing(request);
  if (missing !== undefined) {
    const why = typeof missing === 'string' ? missing : missing.messages.join('; ');
    throw refusal(404, [`Unavailable ipmi driver: ${driver.name}`, why], missing);
  }
  if (!driver.commands.has(command)) {
    throw refusal(404, `Action ${command} not supported on ipmi driver: ${driver.name}`);
  }
  if (command === 'setUserPassword') {
    const said = await driver.run(request);
    await keepOwnPassword(request);
    return said;
  }
  if (!asJson) return driver.run(request);
  if (command !== 'powerstatus') await driver.run(request);
  const power = await driver.power(request);
  const result: PowerResult = { power, driver: mode, tookMs: Math.round(performance.now() - start) };
  return result;
}

function resultFormat({ params }: Request): 'text' | 'json' {
  return params['ipmi/result-format'] === undefined
    ? 'text'
    : choiceParam(params, 'ipmi/result-format', ['text', 'json']);
}
