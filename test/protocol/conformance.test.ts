import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { CHECKS, checkConformance, type Finding } from '../../lib/conformance/index.ts';
import { binary, PROVIDERS } from '../support/binary.ts';

for (const name of PROVIDERS) {
  describe(`the executable ${name}`, () => {
    let findings: Finding[] = [];
    before(async () => {
      findings = await checkConformance(binary(name));
    });

    for (const { id, what } of CHECKS) {
      test(`${id}: ${what}`, () => {
        const found = findings.find((finding) => finding.id === id);
        assert.equal(found?.outcome, 'held', found?.why ?? 'it was not checked');
      });
    }
  });
}
