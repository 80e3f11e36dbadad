import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import {
  documentBundle,
  documentFiles,
  parseBundle,
  readBundle,
  readStore,
} from '../../lib/content/index.ts';
import { fixtures } from './pack.ts';

test('prints the reStructuredText that drpcli prints', async () => {
  const expected = await readFile(path.join(fixtures, 'tiny.rst'), 'utf8');
  assert.equal(documentBundle(await readBundle(path.join(fixtures, 'tiny.yaml'))), expected);
  assert.equal(documentBundle((await readStore(path.join(fixtures, 'tiny'))).bundle), expected);
});

test('a bundle without meta and objects has documentation too', () => {
  const rst = documentBundle(parseBundle('', 'test'));
  assert.match(
    rst,
    /\n - \n~~~\n\nThe following documentation is for {2}\(\) content package at version \.\n/,
  );
  assert.match(rst, /\nObject Specific Documentation\n-{29}\n/);
});

test('underlines are as long as their titles in bytes', () => {
  const rst = documentBundle(
    parseBundle('meta: {Name: é}\nsections: {tasks: {ü: {Documentation: x}}}', 'test'),
  );
  assert.match(rst, /\né - \n~{5}\n/);
  assert.match(rst, /\nü\n\+\+\n\nx\n/);
});

const documented = parseBundle(
  `
meta:
  Name: my-pack
  DisplayName: My <Pack>
  Version: v1.0.0
  Description: It *does* things.
  Documentation: |
    Overview
    ========

    Set \`\`a_b\`\` and **go** to \`the site <https://example.test/x>\`_, :ref:\`rs_x\` or https://example.test.
    Not \`here <javascript:alert(1)>\`_. 1 * 2 * 3, a_b and <b>.

    .. note:: Mind the *gap*.

    .. a comment

    - one
      more

      - nested
    - two

    1. first
    2. second

    Example::

      code \`\`\` here
        <indented>

    .. code-block:: sh
      :linenos:

      echo "$HOME"

    =====  =====
    a      b
    =====  =====

    Deeper
    ------

    .. image:: x.png

    End.
sections:
  params:
    my/param:
      Description: How many
      Documentation: |
        Details
        -------

        More.
      Schema: {type: integer, minimum: 1, enum: [1, 2], default: 1}
    my/secret:
      Secure: true
      Schema: {type: [string, "null"], default: hunter2}
    my/free: {}
  tasks:
    my-task: {Documentation: Runs.}
  templates:
    part.tmpl: {Contents: echo}
`,
  'test',
);

test('Markdown has the documentation, the descriptions and what the values of a param are, and no bare templates', () => {
  assert.equal(
    documentBundle(documented, 'markdown'),
    `# My \\<Pack\\>

Content pack \`my-pack\`, version v1.0.0.

It *does* things.

## Overview

Set \`a_b\` and **go** to [the site](<https://example.test/x>), *rs_x* or <https://example.test>.
Not here. 1 \\* 2 \\* 3, a_b and \\<b\\>.

> **Note**
>
> Mind the *gap*.

- one
  more

  - nested
- two

1. first
2. second

Example:

\`\`\`\`
code \`\`\` here
  <indented>
\`\`\`\`

\`\`\`sh
echo "$HOME"
\`\`\`

\`\`\`
=====  =====
a      b
=====  =====
\`\`\`

### Deeper

End.

## params

### my/free

### my/param

How many

- Type: integer
- One of: 1, 2
- Minimum: 1
- Default: 1

#### Details

More.

### my/secret

- Type: string or null
- Secure: kept encrypted

## tasks

### my-task

Runs.
`,
  );
});

test('HTML is one page in which all text is escaped', () => {
  const html = documentBundle(documented, 'html');
  assert.match(html, /^<!DOCTYPE html>\n<html lang="en">/);
  assert.match(html, /<title>My &lt;Pack&gt;<\/title>/);
  assert.match(html, /<a href="https:\/\/example\.test\/x">the site<\/a>/);
  assert.match(
    html,
    /<blockquote>\n<p><strong>Note<\/strong><\/p>\n<p>Mind the <em>gap<\/em>\.<\/p>\n<\/blockquote>/,
  );
  assert.match(
    html,
    /<ul>\n<li><p>one\nmore<\/p>\n<ul>\n<li>nested<\/li>\n<\/ul><\/li>\n<li>two<\/li>\n<\/ul>/,
  );
  assert.match(html, /<ol>\n<li>first<\/li>\n<li>second<\/li>\n<\/ol>/);
  assert.match(html, /<pre><code>code ``` here\n {2}&lt;indented&gt;<\/code><\/pre>/);
  assert.match(html, /<h3 id="params\/my\/param">my\/param<\/h3>/);
  assert.doesNotMatch(html, /javascript:|hunter2|<b>/);
});

test('nothing is said of a version that the pack does not have', () => {
  const pack = parseBundle('meta: {Name: a, Version: v0.0.0}', 'test');
  assert.equal(documentBundle(pack, 'markdown'), '# a\n\nContent pack `a`.\n');
  assert.match(documentBundle(pack, 'html'), /<p>Content pack <code>a<\/code>\.<\/p>/);
});

test('a pack of many objects has a guide and a reference, which name each other; one of few is one page', () => {
  const params = (count: number) =>
    Array.from({ length: count }, (_, i) => `    my/p${i}: {Documentation: About ${i}.}\n`).join('');
  const pack = (count: number) =>
    parseBundle(
      `meta: {Name: my, DisplayName: Mine, Documentation: How to.}\nsections:\n  params:\n${params(count)}  tasks:\n    t: {}\n`,
      'test',
    );
  const few = documentFiles(pack(3), 'my');
  assert.deepEqual([...few.keys()], ['my.md']);
  assert.equal(few.get('my.md'), documentBundle(pack(3), 'markdown'));
  const many = documentFiles(pack(60), 'my');
  assert.deepEqual([...many.keys()], ['my.md', 'my-reference.md']);
  assert.equal(
    many.get('my.md'),
    '# Mine\n\nContent pack `my`. Its params and tasks are in the [reference](my-reference.md).\n\nHow to.\n',
  );
  assert.match(
    many.get('my-reference.md') ?? '',
    /^# Mine: reference\n\n.* the \[guide\]\(my\.md\)\.\n\n## params\n\n### my\/p0\n\nAbout 0\.\n/,
  );
});
