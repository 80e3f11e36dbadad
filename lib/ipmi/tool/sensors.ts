import type { Sensor } from '../commands/sensors.ts';

/** Parses the output of `sdr elist`, without the records that locate FRUs and controllers. */
export function parseSensors(text: string): Sensor[] {
  return text.split('\n').flatMap((line) => {
    const columns = line.split('|').map((column) => column.trim());
    const [name = '', , status = '', entity = '', reading = ''] = columns;
    if (columns.length < 5 || / @ ?[0-9a-f]+h/i.test(reading)) return [];
    const measured = /^(-?\d{1,15}(?:\.\d{1,15})?) (\D.*)$/.exec(reading);
    const value = measured === null ? {} : { value: Number(measured[1]), unit: measured[2] };
    return [{ name, status, entity, reading, ...value }];
  });
}
