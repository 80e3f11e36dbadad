import { collection, type Endpoint, link, type Reply } from './endpoint.ts';
import { errorBody, message } from './messages.ts';
import type { Json, Rules } from './rules.ts';

export interface LogOptions {
  /** The system's unless given. */
  on?: 'system' | 'manager';
  entries: readonly Json[];
  /** Properties of the log service. */
  tells?: Json;
  /** Members of the collection are the entries themselves, not links to them. */
  inline?: boolean;
  /** ClearLog wants ClearType; is answered with 204 and does nothing; loses its answer; or is not there. */
  clear?: 'needs type' | 'forgotten' | 'fails, and is done' | 'absent';
  /** After it was cleared, it has an entry that says so. */
  tellsCleared?: boolean;
  /** Its entries are not there. */
  hollow?: boolean;
  /** So many more entries are told than there are. */
  missing?: number;
}

/** The logs of a system or a manager (schemas LogService 1.8, LogEntry 1.18). */
export function logServices(
  holder: string,
  logs: ReadonlyMap<string, LogOptions & { cleared: number }>,
): [string, Endpoint][] {
  const base = `${holder}/LogServices`;
  const uris = [...logs.keys()].map((id) => `${base}/${id}`);
  return [
    [base, collection('LogService', uris)],
    ...[...logs].flatMap(([id, log]): [string, Endpoint][] => {
      const uri = `${base}/${id}`;
      const entries = () =>
        (log.cleared === 0
          ? log.entries
          : log.tellsCleared
            ? [{ Id: '1', Message: 'The log was cleared' }]
            : []
        ).map(
          (entry, index): Json => ({
            Id: String(index + 1),
            '@odata.id': `${uri}/Entries/${entry.Id ?? index + 1}`,
            ...entry,
          }),
        );
      const target = `${uri}/Actions/LogService.ClearLog`;
      const clear: Endpoint = {
        action: {
          name: 'LogService.ClearLog',
          rules: (): Rules =>
            log.clear === 'needs type' ? { ClearType: { type: 'string', required: true } } : {},
          apply: (): Reply | undefined => {
            if (log.clear !== 'forgotten') log.cleared += 1;
            return log.clear === 'fails, and is done'
              ? { status: 500, body: errorBody([message('InternalError')]) }
              : undefined;
          },
        },
      };
      return [
        [
          uri,
          {
            read: () => ({
              '@odata.type': '#LogService.v1_8_0.LogService',
              Id: id,
              Name: id,
              Entries: link(`${uri}/Entries`),
              ...(log.clear === 'absent' ? {} : { Actions: { '#LogService.ClearLog': { target } } }),
              ...log.tells,
            }),
          },
        ],
        [
          log.hollow ? `${uri}/Nothing` : `${uri}/Entries`,
          {
            read: () => ({
              Name: 'Entries',
              'Members@odata.count': entries().length + (log.missing ?? 0),
              Members: log.inline ? entries() : entries().map((entry) => link(String(entry['@odata.id']))),
            }),
          },
        ],
        // The entries of the beginning; those that come after a clearing have the first ones' numbers.
        ...log.entries.map((entry, index): [string, Endpoint] => [
          `${uri}/Entries/${entry.Id ?? index + 1}`,
          { read: () => entries()[index] ?? {} },
        ]),
        [target, clear],
      ];
    }),
  ];
}
