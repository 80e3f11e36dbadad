import { relative } from 'node:path';
import { isSea } from 'node:sea';
import { MACHINE } from './performance.ts';
import type { Stage } from './stage.ts';

/** Commands that a user can try at the endpoint. */
export function invitation({ url, user, password }: Stage): string {
  const machine = `Name:${MACHINE}`;
  const lines = [
    `machines runaction ${machine} poweron`,
    `machines runaction ${machine} powerstatus`,
    `machines runaction ${machine} increment incrementer/step 41`,
    `machines params ${machine}`,
    `machines actions ${machine} --format table --print-fields Provider,Command,OptionalParams`,
    "events watch 'machines.*.*'",
  ];
  const program = ownName();
  return `
The endpoint goes on running. In another shell, try:

  export RS_ENDPOINT=${url} RS_KEY=${user}:${password}
${lines.map((line) => `  ${program} ${line}`).join('\n')}

or without the environment, and with drpcli just the same:

  drpcli -E ${url} -U ${user} -P ${password} machines runaction ${machine} poweroff

Ctrl-C ends it.`;
}

/** The path of this program as the user would type it. */
function ownName(): string {
  const words = isSea() ? [process.execPath] : [process.execPath, process.argv[1] ?? ''];
  return words.map(fromHere).join(' ');
}

function fromHere(path: string): string {
  const short = relative('', path);
  if (short.startsWith('..')) return path;
  return short.includes('/') ? short : `./${short}`;
}
