import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const LICENSE_FILE = /^(?:(?:un)?licen[cs]e|copying|copyright(?:notice)?|notice)(?:[.-]|$)/i;

/** The MIT license, for packages that name it without including it. */
export const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

/**
 * The license and notice files of a package or, without any, the license in its package.json (`license`, `author`) and
 * README.
 */
export async function licenseText(folder: string, license: string, author: unknown): Promise<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.flatMap((entry) => (entry.isFile() ? [entry.name] : [])).sort();
  const files = names.filter((name) => LICENSE_FILE.test(name));
  const texts = await Promise.all(files.map((name) => readText(folder, name)));
  if (texts.length > 0) return texts.join('\n\n');
  const readme = names.find((name) => /^readme(\.|$)/i.test(name));
  const said = readme === undefined ? '' : licenseSection(await readText(folder, readme));
  return [
    `The package has no licence file. Its package.json says: ${license || 'nothing'}.`,
    copyright(author),
    said,
    license === 'MIT' ? MIT : '',
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

async function readText(folder: string, name: string): Promise<string> {
  return (await readFile(join(folder, name), 'utf8')).replaceAll('\r\n', '\n').trim();
}

/** The section of the README with the heading License. */
function licenseSection(readme: string): string {
  const sections = readme.split(/^#+ /m);
  const found = sections.find((section) => /^licen[cs]e\s*\n/i.test(section)) ?? '';
  return found.split('\n').slice(1).join('\n').trim();
}

/** The author in a package.json, which is `Name <mail> (url)` or an object. */
function copyright(author: unknown): string {
  const name =
    typeof author === 'object' && author !== null && 'name' in author ? String(author.name) : author;
  return typeof name === 'string' && name !== '' ? `Copyright ${name}` : '';
}
