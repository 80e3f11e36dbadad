// Imported directly, since the rest of the folder needs Node.js.
import { OBJECT_PREFIXES } from '../../../models/object-prefixes.ts';
import { actionPath, type Call } from './call.ts';

/** Text that all versions of YAML read as a string without quotes. */
const PLAIN_TEXT = /^(?!(?:y|n|yes|no|on|off|true|false|null)$)[a-z][\w./-]*$/i;
/** Text that shells take without quotes. */
const PLAIN_WORD = /^[\w./:@%+,=-]+$/;

/** The call as a drpcli command. Credentials are in the environment (`RS_KEY`), secrets are placeholders. */
export function asDrpcli(call: Call, endpoint: string): string {
  return commandOf('drpcli', call, endpoint);
}

/** The call as a drpkit command. */
export function asDrpkit(call: Call, endpoint: string): string {
  return commandOf('drpkit', call, endpoint);
}

/** The call as a curl command. The endpoint's certificate is self-signed, so it is not verified. */
export function asCurl(call: Call, endpoint: string): string {
  const url = new URL(`/api/v3/${actionPath(call).map(encodeURIComponent).join('/')}`, endpoint);
  url.searchParams.set('plugin', call.plugin);
  const body = JSON.stringify(Object.fromEntries(paramsOf(call)));
  return [
    'curl --insecure --user "$RS_KEY"',
    "--header 'Content-Type: application/json'",
    `--data ${shell(body)} ${shell(url.href)}`,
  ].join(' \\\n  ');
}

function commandOf(program: string, call: Call, endpoint: string): string {
  const { prefix, key, plugin, command } = call;
  const known = prefix === 'system' || OBJECT_PREFIXES.some((one) => one === prefix);
  const verb = prefix === 'jobs' ? 'runplugin_action' : 'runaction';
  const words = [
    ...(known ? [prefix] : ['extended', '-l', prefix]),
    verb,
    ...(prefix === 'system' ? [] : [key]),
    command,
    ...paramsOf(call).flatMap(([name, value]) => [name, valueText(value)]),
    '--plugin',
    plugin,
  ];
  return `${program} -E ${shell(endpoint)} ${words.map(shell).join(' ')}`;
}

function paramsOf({ params, secrets }: Call): [string, unknown][] {
  return [...Object.entries(params), ...secrets.map((name): [string, unknown] => [name, `<${name}>`])];
}

function valueText(value: unknown): string {
  return typeof value === 'string' && PLAIN_TEXT.test(value) ? value : JSON.stringify(value);
}

function shell(word: string): string {
  return PLAIN_WORD.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
