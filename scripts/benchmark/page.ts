import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { startEndpoint } from '../../lib/endpoint/index.ts';
import { inspectorFiles } from '../../lib/inspector/index.ts';
import { CHROMIUM, NO_CHROMIUM, openChromium } from '../measuring/chromium.ts';
import { median } from '../measuring/statistics.ts';
import type { Bench } from './bench.ts';
import type { Figure, Section } from './figure.ts';

/** Limit, since a newly started browser paints late. */
const MOST_LOADS = 10;

/** Size of the inspector's page, and time to first paint with an empty cache. */
export async function page({ scratch, rounds }: Bench): Promise<Section> {
  const sizes = Object.values(inspectorFiles).map(({ body }) => gzipSync(body).length);
  const figures: Figure[] = [
    { what: 'packed', value: sizes.reduce((sum, size) => sum + size) / 1000, unit: 'kB' },
  ];
  const loads = Math.min(MOST_LOADS, rounds);
  if (CHROMIUM !== undefined)
    figures.push({
      what: 'first paint',
      value: median(await paints(join(scratch.folder, 'page'), loads)),
      unit: 'ms',
    });
  return {
    title: 'Inspector',
    figures,
    notes: [
      'kB are 10^3 bytes, packed by gzip, as they are sent. It is to be less than 150.',
      CHROMIUM === undefined
        ? NO_CHROMIUM
        : `${loads} loads in chromium over loopback, without a cache: from the request to the first text or picture (first contentful paint). It is to be less than 300 ms.`,
    ],
  };
}

/** In milliseconds. */
async function paints(root: string, loads: number): Promise<number[]> {
  const endpoint = await startEndpoint({ root, port: 0, staticPort: 0 });
  const browser = await openChromium();
  try {
    const times: number[] = [];
    // The first one is not measured.
    for (let load = 0; load <= loads; load += 1) {
      const opened = await browser.newPage({ ignoreHTTPSErrors: true });
      await opened.goto(`${endpoint.url}/ui/`);
      const time = await opened.evaluate<number>(`new Promise((resolve) => {
        new PerformanceObserver((list) => {
          for (const { name, startTime } of list.getEntries()) if (name === 'first-contentful-paint') resolve(startTime);
        }).observe({ type: 'paint', buffered: true });
      })`);
      if (load > 0) times.push(time);
      await opened.close();
    }
    return times;
  } finally {
    await browser.close();
    await endpoint.close();
  }
}
