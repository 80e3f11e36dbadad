import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { CHROMIUM, NO_CHROMIUM, openChromium } from '../../scripts/measuring/chromium.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Why tests in a browser are skipped, or false. */
export const SKIP = CHROMIUM === undefined && NO_CHROMIUM;

export interface View {
  width?: number;
  height?: number;
  dark?: boolean;
}

/** A browser with one page, and what it complains of. */
export class BrowserPage implements AsyncDisposable {
  readonly page: Page;
  /** Errors of the page, of the console, and of its security policy; and requests that go elsewhere. */
  readonly complaints: string[] = [];
  readonly #browser: Browser;

  private constructor(browser: Browser, page: Page, origin: string) {
    this.#browser = browser;
    this.page = page;
    page.on('pageerror', (error) => this.complaints.push(`error: ${error.stack ?? error.message}`));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type()))
        this.complaints.push(`console: ${message.text()} ${message.location().url}`);
    });
    page.on('request', (request) => {
      const { protocol, host } = new URL(request.url());
      if (protocol !== 'data:' && host !== new URL(origin).host)
        this.complaints.push(`request: ${request.url()}`);
    });
    page.on('websocket', (socket) => {
      if (new URL(socket.url()).host !== new URL(origin).host)
        this.complaints.push(`websocket: ${socket.url()}`);
    });
  }

  static async open(origin: string): Promise<BrowserPage> {
    const browser = await openChromium();
    const page = await browser.newPage({ ignoreHTTPSErrors: true, viewport: { width: 1200, height: 760 } });
    // Ten times what a busy machine takes.
    page.setDefaultTimeout(60_000);
    const opened = new BrowserPage(browser, page, origin);
    await page.exposeFunction('reportViolation', (text: string) => opened.complaints.push(text));
    // The page's sockets, so that a test can be the endpoint.
    await page.addInitScript(`globalThis.sockets = [];
      globalThis.WebSocket = class extends WebSocket {
        constructor(url) { super(url); sockets.push(this); }
      };
      // What is done once an hour, so that a test need not wait for it.
      globalThis.hourly = [];
      const { setInterval: every } = globalThis;
      globalThis.setInterval = (act, ms) => { if (ms >= 3_600_000) hourly.push(act); return every(act, ms); };
      addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
      reportViolation('policy: ' + violatedDirective + ' ' + blockedURI));`);
    return opened;
  }

  /** Chromium complains of each answer with such a status; here they are wanted. */
  forgive(...statuses: readonly number[]): void {
    const wanted = statuses.map((status) => `responded with a status of ${status} `);
    const others = this.complaints.filter((complaint) => !wanted.some((words) => complaint.includes(words)));
    this.complaints.splice(0, this.complaints.length, ...others);
  }

  /** How it is looked at. */
  async look({ width = 1200, height = 760, dark = false }: View = {}): Promise<void> {
    await this.page.setViewportSize({ width, height });
    await this.page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
  }

  /** Shows a view, by what follows `#/` in its address. */
  async show(view: string): Promise<void> {
    await this.page.evaluate(`location.hash = ${JSON.stringify(`#/${view}`)}`);
  }

  /** Checks that axe finds nothing in what is shown. */
  async accessible(about: string): Promise<void> {
    await this.page.evaluate(readFileSync(AXE, 'utf8'));
    const found = await this.page.evaluate(`axe.run({ resultTypes: ['violations'] }).then(({ violations }) =>
      violations.flatMap(({ id, help, nodes }) => nodes.map(({ html, failureSummary }) =>
        id + ': ' + help + '\\n' + html + '\\n' + failureSummary)))`);
    assert.deepEqual(found, [], about);
  }

  /** Checks that nothing is wider than the window. */
  async fits(about: string): Promise<void> {
    const { width = 0 } = this.page.viewportSize() ?? {};
    const wide = await this.page.evaluate(
      `document.documentElement.scrollWidth > ${width} ? [...document.querySelectorAll('body *')].filter((one) =>
        one.getBoundingClientRect().right > ${width} + 1).map((one) => one.outerHTML.slice(0, 120)) : []`,
    );
    assert.deepEqual(wide, [], about);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}
