import type { Finding } from '../../../lib/conformance/index.ts';
import { type Command, takes } from '../command.ts';
import { endingSignal } from '../ending.ts';

export const conformance: Command = {
  use: 'conformance [binary]',
  summary: 'Check a provider executable against the protocol',
  details: `Runs it as an endpoint does, and checks what it answers row by row; no endpoint is needed. Takes the
executables of providers in any language. Ends with code 1 when a row is broken.

The executable runs with all rights of who checks it.`,
  examples: ['conformance bin/linux/amd64/incrementer'],
  offline: true,
  flags: [{ name: 'json', about: 'Print all findings as JSON' }],
  check: takes([1]),
  async run(context) {
    const [{ checkConformance, findingText, summaryText }, { resolve }] = await Promise.all([
      import('../../../lib/conformance/index.ts'),
      import('node:path'),
    ]);
    const asJson = context.on('json');
    const onFinding = (finding: Finding) => {
      if (!asJson) said = said.then(() => context.say(findingText(finding)));
    };
    let said: Promise<void> = Promise.resolve();
    const findings = await checkConformance(resolve(context.arg(0)), { onFinding, signal: endingSignal() });
    await said;
    if (asJson) await context.say(JSON.stringify(findings, null, 2));
    else await context.say(summaryText(findings));
    if (findings.some(({ outcome }) => outcome === 'broken')) process.exitCode = 1;
  },
};
