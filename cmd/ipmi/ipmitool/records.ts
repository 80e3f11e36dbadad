import {
  type Call,
  type FieldValue,
  parseFields,
  parseSel,
  parseSensors,
  refusal,
  type SelEvent,
  type Sensor,
} from '../../../lib/ipmi/index.ts';
import { TABLE } from './work.ts';

/** `Warnings` is set when some entries could not be read. */
interface Sel {
  info: Record<string, FieldValue>;
  events: SelEvent[];
  Warnings?: string[];
}

export async function sel(call: Call): Promise<Sel> {
  const about = parseFields((await call(['sel', 'info'])).stdout);
  if (about.Entries === '0') return { info: about, events: [] };
  const { stdout, problem } = await table(call, 'sel', about.Entries);
  const events = parseSel(stdout);
  const count = Number(about.Entries);
  const isCut = problem !== undefined || events.length < count;
  const warning = `${events.length} of ${about.Entries} entries were read${problem ?? ''}`;
  return { info: about, events, ...(isCut ? { Warnings: [warning] } : {}) };
}

/**
 * The sensors of the BMC; when the table is cut, the last entry says so. An empty repository is not read, because
 * ipmitool would fill it with records of its own. The table has no lines for records other than sensors, so it can be
 * shorter than the number of records.
 */
export async function sensors(call: Call): Promise<(Sensor | { Warnings: string[] })[]> {
  const repository = await call(['sdr', 'info'], { tolerant: true });
  const count = parseFields(repository.stdout)['Record Count'];
  if (count === '0') return [];
  const { stdout, problem } = await table(call, 'sdr', count);
  const found = parseSensors(stdout);
  const rows = stdout.split('\n').filter((line) => line.includes('|')).length;
  if (problem === undefined && !(rows < Number(count) * LEAST_OF_RECORDS)) return found;
  return [...found, { Warnings: [`${rows} of ${count} records were read${problem ?? ''}`] }];
}

/** About half of a machine's records are sensors. A table with fewer lines than this part of the records was cut. */
const LEAST_OF_RECORDS = 0.5;

/**
 * Reads a table of `count` records, with the messages about missing ones. ipmitool exits with code 0 although the BMC
 * sent nothing or stopped in the middle (openbmc/openbmc 3326), and with code 1 after one unreadable record.
 */
async function table(
  call: Call,
  name: 'sel' | 'sdr',
  count: FieldValue | undefined,
): Promise<{ stdout: string; problem: string | undefined }> {
  const { stdout, stderr } = await call([name, 'elist'], { ...TABLE, tolerant: true });
  if (stdout.trim() === '' && Number(count) > 0)
    throw refusal(502, `ipmitool ${name} elist: read none of ${count} records`);
  const said = stderr.split('\n').find((line) => CUT.test(line));
  return { stdout, problem: said === undefined ? undefined : `: ${said.trim().slice(0, 200)}` };
}

/** ipmitool's messages about records that it cannot read. */
const CUT = /Get (SEL Entry|SDR) \S+ command failed|ipmi_sdr_get_record failed|Unable to renew|reservation/i;
