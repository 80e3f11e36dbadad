import { existsSync } from 'node:fs';
import type { Browser } from 'playwright-core';

/** Debian's, Fedora's, and Google's own. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser's executable; undefined if this machine has no chromium. */
export const CHROMIUM: string | undefined = PLACES.find((path) => existsSync(path));

export const NO_CHROMIUM = 'chromium is not installed (Debian: apt-get install chromium)';

/** Starts chromium without a window. Throws an Error if this machine has no chromium. */
export async function openChromium(): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error(NO_CHROMIUM);
  const { chromium } = await import('playwright-core');
  // Its sandbox does not work for root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: CHROMIUM, args });
}
