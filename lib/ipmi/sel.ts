/** One entry of the System Event Log, in the BMC's words. */
export interface SelEvent {
  /** Hexadecimal record number. */
  id: string;
  /** MM/DD/YY or MM/DD/YYYY in local time; `Pre-Init` before the BMC's clock was set. */
  date: string;
  time: string;
  sensor: string;
  event: string;
  /** `Asserted` or `Deasserted`; empty where the tool tells none. */
  direction: string;
  /** The reading that caused it. Empty where the BMC keeps none. */
  detail: string;
}

/** The table that `sel elist` prints. */
export function parseSel(text: string): SelEvent[] {
  return text.split('\n').flatMap((line) => {
    const columns = line.split('|').map((column) => column.trim());
    if (columns.length < 4) return [];
    const [id = '', date = '', time = '', sensor = '', event = '', direction = '', ...rest] = columns;
    return [{ id, date, time, sensor, event, direction, detail: rest.join(' | ') }];
  });
}
