import type { SelEvent } from '../commands/sel.ts';

/** Parses the output of `sel elist`. */
export function parseSel(text: string): SelEvent[] {
  return text.split('\n').flatMap((line) => {
    const [id = '', ...columns] = line.split('|').map((column) => column.trim());
    if (columns.length === 0) return [];
    // Record types from 0xe0 have no time, for example Linux panics.
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
