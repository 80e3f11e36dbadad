import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CHECKS, checkConformance, summaryText } from '../../lib/conformance/index.ts';
import { providerScript } from '../endpoint/running-endpoint.ts';

/** What faulty-provider.ts does wrong, and what is then seen. */
const FAULTS: Readonly<Record<string, RegExp>> = {
  'define.stderr': /stderr has \(node:1\) Warning/,
  'define.text': /stdout has Hello/,
  'define.code': /ends with code 3/,
  'define-plugin-version': /it is 2/,
  'define-version': /v1\.0\.0-dev\.1/,
  'define-fields.name': /^Name is/,
  'define-fields.params': /RequiredParams is faulty\/param/,
  'define-fields.flag': /HasPublish is yes/,
  'define-actions.list': /it is \{\}/,
  'define-actions.command': /Command of an action is nothing/,
  'define-actions.provider': /Provider of action act is other/,
  'define-actions.params': /OptionalParams of action act is \[1\]/,
  'define-content.yaml': /it cannot be read: /,
  'define-content.meta': /it has no meta/,
  'define-debug': /it prints another one/,
  unpack: /the second one ends with 1: .*EEXIST/s,
  version: /it prints v1\.2\.3/,
  help: /--help does not print define/,
  'unknown-command.code': /ends with code 0/,
  'unknown-command.words': /it prints Error/,
  autocomplete: /the file has nothing/,
  'listen-arguments.words': /with 0 it prints nothing/,
  'listen-arguments.code': /with 0 it ends with code 0/,
  'listen-impossible.ready': /it prints READY!/,
  'listen-impossible.code': /it ends with code 0/,
  listen: /listen prints Ready, not READY!/,
  'listen-left-over-socket': /listen prints nothing, not READY!/,
  'listen-left-over-file': /listen prints nothing, not READY!/,
  serve: /listen prints nothing, not READY!/,
  stop: /it ends with code 1/,
  'stop-any-body': /it ends with code 2/,
  'stop-answer': /the connection ends without an answer/,
  'not-found': /POST \/api-plugin\/v4\/nothing is answered 200, not 404/,
  'not-found.key': /is answered with Type {2}and Key $/,
  method: /GET \/api-plugin\/v4\/config is answered 200, not 404/,
  'content-type': /content type "text\/plain" is answered 200, not 400/,
  'content-type-case': /APPLICATION\/JSON is answered 400/,
  'broken-json': /broken JSON to config is answered 200, not 400/,
  'empty-body': /no body is answered 400, \{\} 404/,
  'unknown-action.status': /it is answered 200/,
  'unknown-action.code': /is answered 500 with Code 404/,
  'unknown-action.shape': /is answered with something other than a models\.Error: \{"error": "no"\}/,
  config: /is answered with something other than a models\.Error/,
  publish: /an event is answered 200, not 404/,
  'plugin-apis': /it is answered 500/,
  'keep-alive': /request 2 needs a connection of its own/,
  parallel: /POST \/nothing\/7 is answered 503, not 404/,
  'half-request': /socket hang up|ECONNRESET|EPIPE/,
  'no-http': /ECONNREFUSED|ENOENT|ECONNRESET|EPIPE/,
  'large-body': /it is answered 413/,
  'log-request.level': /its level is info/,
  'log-request.event': /IgnorePublish is not true/,
  'log-line': /Line is 1/,
  'log-token': /its level is info/,
  'log-level': /its level is info/,
  outbound: /it sends POST \/api-plugin-server\/v4\/log/,
};
describe('conformance', { concurrency: 2 }, () => {
  let folder = '';
  let faulty = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'faulty-'));
    faulty = join(folder, 'faulty');
    await writeFile(faulty, providerScript('../conformance/faulty-provider.ts'));
    await chmod(faulty, 0o755);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  test('a provider without faults holds every row', async () => {
    const findings = await checkConformance(faulty);
    assert.deepEqual(
      findings.filter(({ outcome }) => outcome !== 'held'),
      [],
    );
    assert.equal(summaryText(findings), `${CHECKS.length} held, 0 broken, 0 not applicable`);
  });

  test('every row can be broken', () => {
    const broken = new Set(Object.keys(FAULTS).map((fault) => fault.split('.')[0]));
    assert.deepEqual(
      CHECKS.map(({ id }) => id).filter((id) => !broken.has(id)),
      [],
    );
  });

  for (const [fault, seen] of Object.entries(FAULTS)) {
    test(`the fault ${fault} is found`, async () => {
      const [id = ''] = fault.split('.');
      const checks = CHECKS.filter((check) => check.id === id);
      const [finding] = await checkConformance(faulty, { env: { FAULT: fault }, checks });
      assert.equal(finding?.outcome, 'broken');
      assert.match(finding.why ?? '', seen);
    });
  }
});
