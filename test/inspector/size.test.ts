import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { inspectorFiles } from '../../lib/inspector/index.ts';

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = 'lib/inspector/page';

test('the page is less than 150 kB packed', () => {
  const sizes = Object.values(inspectorFiles).map(({ body }) => gzipSync(body).length);
  assert.ok(sizes.reduce((sum, size) => sum + size) < 150_000, `${sizes}`);
});

test('it keeps nothing in the browser, and makes no markup of text', () => {
  const sources = globSync(`${FOLDER}/**/*.{ts,tsx}`, { cwd: ROOT });
  assert.ok(sources.length > 20);
  for (const file of sources) {
    const text = readFileSync(join(ROOT, file), 'utf8');
    assert.doesNotMatch(
      text,
      /localStorage|sessionStorage|indexedDB|document\.cookie|innerHTML|insertAdjacentHTML|\beval\b/,
      file,
    );
  }
});

test('the page itself has neither scripts nor styles in it', () => {
  const { body = '' } = inspectorFiles[''] ?? {};
  assert.doesNotMatch(body, /<script(?![^>]*src="app\.js")|<style|style=|\son\w+=/);
});
