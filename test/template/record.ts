// Records what Go makes of the templates of the tests, for hosts that have no Go.
import { writeFileSync } from 'node:fs';
import { allCases, findReference, RECORD, recordText } from './reference.ts';

const reference = await findReference();
if (reference === undefined) throw new Error('golang-go and golang-github-masterminds-sprig-dev are needed');
const cases = Object.values(allCases()).flat();
writeFileSync(RECORD, recordText(cases, await reference(cases)));
