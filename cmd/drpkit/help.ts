import { type Command, type Entry, type Group, nameOf } from './command.ts';
import { type Flag, flagText, GLOBAL_FLAGS, OFFLINE_FLAGS } from './flags.ts';

export const PROGRAM = 'drpkit';

const ABOUT = `The kit for writers of Digital Rebar plugins: a development endpoint, the tools for content packs,
and a client with the commands of drpcli.

The environment says which endpoint to talk to: RS_ENDPOINT, and RS_TOKEN or RS_KEY (USER:PASSWORD). RS_CA_CERT
names a file with its certificate; without that, any certificate is taken on loopback only (RS_INSECURE=true
takes any everywhere).`;

/** `drpkit machines show [id] [flags]` */
export function useLine(group: string | undefined, { use }: Command): string {
  return [PROGRAM, group, use, '[flags]'].filter((part) => part !== undefined).join(' ');
}

export function programHelp(entries: readonly Entry[]): string {
  return [
    ABOUT,
    `Usage:\n  ${PROGRAM} [command]`,
    `Available Commands:\n${listed(entries.map(({ name, summary }) => [name, summary]))}`,
    `Flags:\n${flagList(GLOBAL_FLAGS)}`,
    more(PROGRAM),
  ].join('\n\n');
}

export function groupHelp({ name, summary }: Entry, { commands, flags = [] }: Group): string {
  const known = commands.map((command): [string, string] => [nameOf(command), command.summary]);
  return [
    summary,
    `Usage:\n  ${PROGRAM} ${name} [command]`,
    `Available Commands:\n${listed(known.sort(([a], [b]) => (a < b ? -1 : 1)))}`,
    ...(flags.length > 0 ? [`Flags:\n${flagList(flags)}`] : []),
    `Global Flags:\n${flagList(GLOBAL_FLAGS)}`,
    more(`${PROGRAM} ${name}`),
  ].join('\n\n');
}

export function commandHelp(group: string | undefined, command: Command, own: readonly Flag[]): string {
  const { summary, details } = command;
  return [...(details === undefined ? [summary] : [summary, details]), usage(group, command, own)].join(
    '\n\n',
  );
}

/** What is shown after an error in the arguments. */
export function usage(group: string | undefined, command: Command, own: readonly Flag[]): string {
  const { aliases = [], examples = [], offline } = command;
  const path = group === undefined ? PROGRAM : `${PROGRAM} ${group}`;
  return [
    `Usage:\n  ${useLine(group, command)}`,
    ...(aliases.length > 0 ? [`Aliases:\n  ${[nameOf(command), ...aliases].join(', ')}`] : []),
    ...(examples.length > 0 ? [`Examples:\n${examples.map((line) => `  ${path} ${line}`).join('\n')}`] : []),
    ...(own.length > 0 ? [`Flags:\n${flagList(own)}`] : []),
    `Global Flags:\n${flagList(offline ? OFFLINE_FLAGS : GLOBAL_FLAGS)}`,
  ].join('\n\n');
}

function more(path: string): string {
  return `Use "${path} [command] --help" for more information about a command.`;
}

function flagList(flags: readonly Flag[]): string {
  return listed(
    [...flags]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((flag) => {
        const left = `${flag.short === undefined ? '    ' : ''}${flagText(flag)}`;
        // Never what the environment says: that may be a secret.
        const fallback =
          flag.default === undefined
            ? ''
            : ` (default ${flag.value === 'int' ? flag.default : JSON.stringify(flag.default)})`;
        return [flag.value === undefined ? left : `${left} ${flag.value}`, `${flag.about}${fallback}`];
      }),
  );
}

function listed(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}   ${right}`).join('\n');
}
