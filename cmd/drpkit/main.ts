import { printed } from './output/print.ts';
import { run } from './run.ts';

/** Resolves when the command has ended and its output is written. */
export const ended = run(process.argv.slice(2)).then(printed);
