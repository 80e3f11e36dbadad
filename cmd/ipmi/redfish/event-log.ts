import { at, linkAt, linksAt, type Resource, textAt } from '../../../lib/https/index.ts';
import { dateText, type FieldValue, type SelEvent, timeText } from '../../../lib/ipmi/index.ts';
import { foreignPath, joined, ModelError, own, say } from '../../../lib/models/index.ts';
import {
  type Expanded,
  expandedMembers,
  type Found,
  isFound,
  managersOf,
  refusedWith,
  type Service,
  type Unread,
} from '../../../lib/redfish/index.ts';
import { orderOnce } from './order-once.ts';

/** As in mode ipmitool. `info` also has `Log`, the URI of the log. */
export interface EventLog {
  info: Record<string, FieldValue>;
  /** Oldest first. */
  events: SelEvent[];
  /** Set when some entries could not be read. */
  Warnings?: string[];
}

/** How often to read a log until it is empty. */
const LOOKS = 10;
/** A cleared log may contain entries about the clearing. */
const MOST_LEFT = 2;

/** The log of hardware events: the SEL or its equivalent. Throws ModelError 501 when the BMC has none. */
export async function eventLog(service: Service, system: Found): Promise<EventLog> {
  const { log, expanded } = await firstWithEntries(service, await hardwareLogs(service, system));
  const { resource } = log;
  const { members, count } = expanded;
  const entries = inOrder(members.filter(isFound).map((entry) => entry.resource));
  const most = at(resource, 'MaxNumberOfRecords');
  const last = timeOf(entries.at(-1) ?? {});
  const lines = entries.length < count ? [`${entries.length} of ${count} entries were read`] : [];
  const [failed] = members.filter((member): member is Unread => !isFound(member));
  if (failed !== undefined) lines.push(...failed.error.messages);
  const info: EventLog['info'] = { Log: log.uri, Entries: String(count) };
  if (typeof most === 'number' && most > 0) info['Percent Used'] = `${percent(count, most)}%`;
  if (last !== undefined) info['Last Add Time'] = `${dateText(last)} ${timeText(last)}`;
  return {
    info,
    events: entries.map(eventOf),
    ...(lines.length === 0 ? {} : { Warnings: lines }),
  };
}

/** The most likely log whose entries exist: some services list a log that they do not have. */
async function firstWithEntries(
  service: Service,
  logs: readonly Found[],
): Promise<{ log: Found; expanded: Expanded }> {
  let failed: unknown;
  for (const log of logs) {
    try {
      return { log, expanded: await expandedMembers(service, entriesOf(log)) };
    } catch (error) {
      service.signal.throwIfAborted();
      if (refusedWith(error)?.status !== 404) throw failed ?? error;
      failed ??= error;
    }
  }
  throw failed;
}

/** Clears that log once, and checks that it is empty. Throws ModelError, 501 when the BMC cannot clear it. */
export async function clearLog(service: Service, system: Found): Promise<void> {
  const [log] = await hardwareLogs(service, system);
  const target = textAt(log.resource, 'Actions', '#LogService.ClearLog', 'target');
  if (target === undefined) {
    throw service.error(501, say`${foreignPath(log.uri)}: cannot be cleared: it has no action ClearLog`);
  }
  const before = await contentOf(service, log);
  if (before.count === 0) return;
  const lost = await orderOnce(service, target, BODIES);
  for (let look = 1; ; look++) {
    const now = await contentOf(service, log);
    const isCleared = now.count < before.count || (now.count <= MOST_LEFT && now.first !== before.first);
    if (isCleared) return;
    if (look === LOOKS) {
      const about = say`${foreignPath(log.uri)}: was told to clear, and has ${now.count} entries`;
      throw service.error(lost?.code ?? 502, about, ...(lost?.messages ?? []).map(own));
    }
    await service.pause();
  }
}

/** Bodies that BMCs require (AMI MegaRAC and Supermicro; HPE iLO 4). */
const BODIES: readonly Resource[] = [{}, { ClearType: 'ClearAll' }, { Action: 'LogService.ClearLog' }];

/** The number of entries, and the first entry. */
async function contentOf(service: Service, log: Found): Promise<{ count: number; first: string }> {
  const { resource } = await service.get(entriesOf(log));
  const members = at(resource, 'Members');
  const list = Array.isArray(members) ? members : [];
  const told = at(resource, 'Members@odata.count');
  const count = typeof told === 'number' ? told : list.length;
  const link = textAt(list[0], '@odata.id');
  if (link === undefined || count > MOST_LEFT) return { count, first: '' };
  const [entry] = await service.getEach([link]);
  return { count, first: entry !== undefined && isFound(entry) ? JSON.stringify(entry.resource) : '' };
}

function entriesOf({ resource, uri }: Found): string {
  return linkAt(resource, 'Entries') ?? `${uri.replace(/\/$/, '')}/Entries`;
}

/** Names of logs that do not hold hardware events (Dell, HPE, Lenovo, OpenBMC, Supermicro). */
const OTHER_LOGS =
  /audit|security|\bSL\b|lifecycle|lclog|post ?codes?|dump|journal|host ?logger|crash|fault ?(list|log)|maintenance|debug|console|telemetry|IEL|service ?advisor|active ?log/i;

/** Tests for the log of hardware events, most likely first. */
const LIKELY: readonly ((about: string, type: string) => boolean)[] = [
  (about) => /^sel\b/i.test(about),
  (about, type) => type === 'SEL' || /\bsel\b|system event log/i.test(about),
  (about) => /\biml\b|integrated management|(health|hardware) ?event|platform ?(event ?)?log/i.test(about),
  (about) => /event ?log/i.test(about),
  () => true,
];

/**
 * Logs of the system, its managers and its chassis, the most likely first. Throws ModelError 501 that lists the
 * existing logs when none matches.
 */
async function hardwareLogs(service: Service, system: Found): Promise<[Found, ...Found[]]> {
  const chassis = linksAt(system.resource, 'Links', 'Chassis');
  const holders = [
    system,
    ...(await managersOf(service, system).catch((error: unknown) => without(service, error))),
    ...(await service.getEach(chassis)).filter(isFound),
  ];
  const logs: Found[] = [];
  let failed: Unread | undefined;
  for (const { resource } of holders) {
    const link = linkAt(resource, 'LogServices');
    if (link === undefined) continue;
    const members = await logsAt(service, link);
    logs.push(...members.filter(isFound));
    failed ??= members.find((member): member is Unread => !isFound(member));
  }
  const candidates = logs.filter((log) => !OTHER_LOGS.test(nameOf(log)));
  const [first, ...more] = candidates.toSorted((one, other) => rankOf(one) - rankOf(other));
  if (first !== undefined) return [first, ...more];
  if (failed !== undefined) throw failed.error;
  const about = say`${foreignPath(system.uri)}: has no log of hardware events`;
  if (logs.length === 0) throw service.error(501, about);
  throw service.error(
    501,
    say`${about}; it has ${joined(
      logs.map(({ uri }) => foreignPath(uri)),
      ', ',
    )}`,
  );
}

function rankOf(log: Found): number {
  return LIKELY.findIndex((isIt) => isIt(nameOf(log), textAt(log.resource, 'LogEntryType') ?? ''));
}

async function logsAt(service: Service, link: string): Promise<(Found | Unread)[]> {
  try {
    return await service.members(link);
  } catch (error) {
    return [{ uri: link, error: modelError(service, error) }];
  }
}

function without(service: Service, error: unknown): Found[] {
  modelError(service, error);
  return [];
}

function modelError(service: Service, error: unknown): ModelError {
  service.signal.throwIfAborted();
  if (error instanceof ModelError && error.code !== 403) return error;
  throw error;
}

function nameOf({ uri, resource }: Found): string {
  return [textAt(resource, 'Id') ?? uri.split('/').at(-1), textAt(resource, 'Name')].join(' ');
}

/** Sorted by time and number if all entries have a time. */
function inOrder(entries: readonly Resource[]): Resource[] {
  const timed = entries.map((entry) => ({ entry, time: timeOf(entry), number: Number(textAt(entry, 'Id')) }));
  if (timed.some(({ time }) => time === undefined)) return [...entries];
  return timed
    .toSorted((one, other) => (one.time ?? 0) - (other.time ?? 0) || one.number - other.number || 0)
    .map(({ entry }) => entry);
}

/** Seconds since 1970; undefined when absent or not a time. */
function timeOf(entry: Resource): number | undefined {
  const told = textAt(entry, 'EventTimestamp') ?? textAt(entry, 'Created') ?? '';
  const ms = Date.parse(told);
  return Number.isNaN(ms) ? undefined : Math.floor(ms / 1000);
}

/** Converts a LogEntry. Its EntryCode has the event in IPMI's terms, its Message in the BMC's. */
function eventOf(entry: Resource): SelEvent {
  const time = timeOf(entry);
  const code = textAt(entry, 'EntryCode') ?? '';
  const direction = /^deassert/i.test(code) ? 'Deasserted' : /^assert/i.test(code) ? 'Asserted' : '';
  const number = at(entry, 'SensorNumber');
  const sensor = [
    textAt(entry, 'SensorType') ?? textAt(entry, 'OemSensorType') ?? '',
    typeof number === 'number' ? `#0x${number.toString(16).padStart(2, '0')}` : '',
  ];
  const detail = [
    textAt(entry, 'Severity') ?? '',
    direction === '' ? code : '',
    textAt(entry, 'MessageId') ?? '',
  ];
  return {
    id: textAt(entry, 'Id') ?? '',
    date: time === undefined ? '' : dateText(time),
    time: time === undefined ? '' : timeText(time),
    sensor: sensor.filter((part) => part !== '').join(' '),
    event: textAt(entry, 'Message') ?? textAt(entry, 'Name') ?? '',
    direction,
    detail: detail.filter((part) => part !== '').join(', '),
  };
}

function percent(part: number, whole: number): number {
  return Math.min(100, Math.round((100 * part) / whole));
}
