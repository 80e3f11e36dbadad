/** One entry of the System Event Log, in the BMC's words. */
export interface SelEvent {
  /** Hexadecimal record number. */
  id: string;
  /** MM/DD/YY or MM/DD/YYYY in local time; `Pre-Init` before the BMC's clock was set. Empty where there is none. */
  date: string;
  time: string;
  /** Or the kind of record, for those that are of no sensor. */
  sensor: string;
  event: string;
  /** `Asserted` or `Deasserted`; empty where the tool tells none. */
  direction: string;
  /** The reading that caused it, or the data of the record. Empty where the BMC keeps none. */
  detail: string;
}

/** The table that `sel elist` prints. */
export function parseSel(text: string): SelEvent[] {
  return text.split('\n').flatMap((line) => {
    const [id = '', ...columns] = line.split('|').map((column) => column.trim());
    if (columns.length === 0) return [];
    // Record types from 0xe0 have no time, among them the panics of Linux.
    const times = columns.length < 3 ? ['', ''] : columns.splice(0, 2);
    const [date = '', time = ''] = times;
    const [sensor = '', ...rest] = columns;
    if (/^OEM record/.test(sensor)) {
      return [{ id, date, time, sensor, event: '', direction: '', detail: rest.join(' | ') }];
    }
    const [event = '', direction = '', ...detail] = rest;
    return [{ id, date, time, sensor, event, direction, detail: detail.join(' | ') }];
  });
}
