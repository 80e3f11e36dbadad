import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Attack, attacksOn } from './regex-attacks.ts';
import { MeasuredRegex } from './regex-effort.ts';
import { regexLiterals } from './regex-literals.ts';

const root = join(import.meta.dirname, '../..');

/** Expressions that take more than linear time on some inputs, and why they never get long ones of those. */
const BOUNDED: readonly (readonly [RegExp, string])[] = [
  [/ in JSON at position .*|, .* is not valid JSON$/s, 'gets a message of V8, which quotes ten characters'],
  [/"[^"\\\n]*(?:\\.[^"\\\n]*)*"|`[^`]*`/, 'is applied at one place of the text (sticky)'],
  [/"[^"\\\n]*(?:\\.[^"\\\n]*)*"/, 'is applied at one place of the text (sticky)'],
  [
    /``(?<code>.{1,500}?)``|`(?<label>[^`<]{0,500})<(?<url>[^`>]{1,2000})>`__?|:[\w:-]{1,50}:`(?<role>[^`]{1,500})`|\*\*(?<strong>[^*\s](?:[^*]{0,500}[^*\s])?)\*\*|(?<![\w*])\*(?<emphasis>[^*\s](?:[^*]{0,500}[^*\s])?)\*(?![\w*])|(?<plain>\bhttps?:\/\/[^\s<>`"]{0,2000}[\w/])/gs,
    'looks 2000 characters ahead at most',
  ],
  [/\s*<[^>]*>$/, 'gets a role of reStructuredText, of at most 500 characters'],
  [/\ufffd+$/, 'gets at most 200 bytes'],
  [/UNIQUE constraint failed: index '[a-z_-]+_by_(\w+)'/, 'gets a message of SQLite with a name of ours'],
  [/ \[.*$/, 'gets a line of drpkit’s own help'],
];

/** Files with expressions that are made of text, and of which. */
const MADE: Readonly<Record<string, string>> = {
  'lib/content/bundle-file.ts': 'of the two literals beside it',
  'lib/endpoint/state/filters.ts':
    'of what a client of the development endpoint asks for, and is stopped after a second',
  'cmd/drpkit/help.ts': 'of a constant width, for our own help texts',
  'cmd/slack/mask.ts': 'of constants',
  'lib/models/host.ts': 'of constants, anchored, of four short parts',
  'lib/models/secrets.ts': 'of texts, each escaped; what they have in common is looked at again for each',
  'lib/template/functions/versions.ts':
    'of constants; ranges have 1,000 characters at most, versions are anchored',
  'lib/template/time/parse.ts': 'of constants, anchored; each part ends where another character begins',
};

const PUMPS = 400;
/** Steps back for each character of an input. Where time grows with the square, there are half as many as pumps. */
const STEPS = 60;

/** The first input of those on which an expression takes more than linear time. */
function weakness(expression: RegExp): Attack | undefined {
  const measured = new MeasuredRegex(expression);
  return [...attacksOn(expression.source)].find(({ prefix, pump, suffix }) => {
    const limit = STEPS * PUMPS * pump.length;
    return !measured.endsWithin(limit, `${prefix}${pump.repeat(PUMPS)}${suffix}`);
  });
}

test('expressions whose effort grows faster than their input are found', () => {
  const bad = [
    /^(a+)+$/,
    /(a|aa)+$/,
    /\/+$/,
    /^\s+|\s+$/g,
    /^(.*?)\s*\(ID (\d+)\)/,
    /Unable to .* session/,
    /\(?([^() ]+):(\d+):\d+\)?$/,
    /\b([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s/@]+@/gi,
    /\ufffd+$/,
    /a\w*$/,
    /<[^>]*>|</g,
  ];
  const good = [/^a+$/, /[^/]+$/y, /^(?:[^:]+:)*x$/, /\s+/g, /^[a-z]+:\/\/[^/]*/i, /^\p{L}[\p{L}\p{N}]+$/u];
  assert.deepEqual(
    bad.filter((expression) => weakness(expression) === undefined),
    [],
  );
  assert.deepEqual(
    good.filter((expression) => weakness(expression) !== undefined),
    [],
  );
});

test('the regular expressions of lib and cmd take linear time, or have bounded input', () => {
  const { literals, made } = regexLiterals(root, ['lib', 'cmd']);
  assert.ok(literals.size > 100, 'the sources were read');
  const bounded = new Set(BOUNDED.map(([expression]) => String(expression)));
  const unexpected: string[] = [];
  for (const [text, { expression, places }] of literals) {
    const attack = weakness(expression);
    // Still listed, but no longer weak: the list is to be kept short.
    if ((attack !== undefined) === bounded.has(text)) continue;
    unexpected.push(`${places.join(', ')}: ${text} on ${JSON.stringify(attack)}`);
  }
  assert.deepEqual(unexpected, []);
  assert.deepEqual(
    [...bounded].filter((text) => !literals.has(text)),
    [],
    'no longer there',
  );
  assert.deepEqual([...made].sort(), Object.keys(MADE).sort());
});
