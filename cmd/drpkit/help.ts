import { type Command, type Entry, type Group, nameOf, type Subgroup } from './command.ts';
import { type Flag, flagText, GLOBAL_FLAGS, OFFLINE_FLAGS } from './flags.ts';

export const PROGRAM = 'drpkit';

const WIDTH = 100;
/** As many words as fit on a line, or a single longer one. */
const LINES = new RegExp(`(\\S{${WIDTH},}|.{1,${WIDTH}})(?: |$)`, 'g');

const ABOUT = `The kit for writers of Digital Rebar plugins: a development endpoint, the tools for content packs,
and a client with the commands of drpcli.

The environment says which endpoint to talk to: RS_ENDPOINT, or RS_ENDPOINTS, of which the first counts that
takes the credentials; and RS_TOKEN or RS_KEY (USER:PASSWORD). RS_CA_CERT names a file with its certificate;
without that, any certificate is taken on loopback only (RS_INSECURE=true takes any everywhere).`;

/** `drpkit machines show [id] [flags]`; `group` has the words before the command. */
export function useLine(group: readonly string[], { use }: Command): string {
  return [PROGRAM, ...group, use, '[flags]'].join(' ');
}

export function programHelp(entries: readonly Entry[]): string {
  const sections = new Map<string, [string, string][]>();
  for (const { section, name, summary } of entries) {
    sections.set(section, [...(sections.get(section) ?? []), [name, summary]]);
  }
  const width = Math.max(...entries.map(({ name }) => name.length));
  return [
    ABOUT,
    `Usage:\n  ${PROGRAM} [command]`,
    ...[...sections].map(([section, rows]) => `${section}:\n${listed(rows, width)}`),
    `Flags:\n${flagList(GLOBAL_FLAGS)}`,
    more(PROGRAM),
  ].join('\n\n');
}

export function groupHelp(path: readonly string[], group: Omit<Subgroup, 'use'>): string {
  const { commands, flags = [] } = group;
  const words = [PROGRAM, ...path].join(' ');
  return [
    ...about(group),
    `Usage:\n  ${words} [command]`,
    `Available Commands:\n${commandList(commands)}`,
    ...(flags.length > 0 ? [`Flags:\n${flagList(flags)}`] : []),
    `Global Flags:\n${flagList(GLOBAL_FLAGS)}`,
    more(words),
  ].join('\n\n');
}

export function commandHelp(group: readonly string[], command: Command, own: readonly Flag[]): string {
  return [...about(command), usage(group, command, own)].join('\n\n');
}

function about({ summary, details }: Pick<Command, 'summary' | 'details'>): string[] {
  return details === undefined ? [summary] : [summary, ...details.split('\n\n').map(wrapped)];
}

/** Wraps a paragraph. */
function wrapped(paragraph: string): string {
  return paragraph.replace(/\s+/g, ' ').replace(LINES, '$1\n').trimEnd();
}

/** For errors in arguments. The full help fills a screen, in which the error would be overlooked. */
export function shortUsage(group: readonly string[], command: Command): string {
  const path = [PROGRAM, ...group, nameOf(command)].join(' ');
  return `Usage:\n  ${useLine(group, command)}\n\nRun '${path} --help' for its flags and examples.`;
}

/** The same for the program itself. */
export function shortProgramUsage(): string {
  return `Run '${PROGRAM} --help' for its flags and commands.`;
}

function usage(group: readonly string[], command: Command, own: readonly Flag[]): string {
  const { aliases = [], examples = [], commands = [], offline } = command;
  const path = [PROGRAM, ...group].join(' ');
  return [
    `Usage:\n  ${useLine(group, command)}`,
    ...(aliases.length > 0 ? [`Aliases:\n  ${[nameOf(command), ...aliases].join(', ')}`] : []),
    ...(examples.length > 0 ? [`Examples:\n${examples.map((line) => `  ${path} ${line}`).join('\n')}`] : []),
    ...(commands.length > 0 ? [`Available Commands:\n${commandList(commands)}`] : []),
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
        // The value in the environment is not shown, since it may be a secret.
        const fallback =
          flag.default === undefined
            ? ''
            : ` (default ${flag.value === 'int' ? flag.default : JSON.stringify(flag.default)})`;
        return [flag.value === undefined ? left : `${left} ${flag.value}`, `${flag.about}${fallback}`];
      }),
  );
}

function commandList(commands: Group['commands']): string {
  const rows = commands.map((command): [string, string] => [nameOf(command), command.summary]);
  return listed(rows.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function listed(
  rows: readonly (readonly [string, string])[],
  width = Math.max(...rows.map(([left]) => left.length)),
): string {
  return rows.map(([left, right]) => `  ${left.padEnd(width)}   ${right}`).join('\n');
}
