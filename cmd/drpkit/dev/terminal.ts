import type { Event, LogLine } from '../../../lib/models/index.ts';
import { logText } from '../commands/log-text.ts';

const COLORS = {
  warn: 33,
  error: 31,
  fatal: 31,
  panic: 31,
  debug: 90,
  trace: 90,
  event: 36,
  dev: 32,
} as const;

/** The output of `drpkit dev`: a line for each log line, each event, and each step of its own. */
export class Terminal {
  readonly #print: (line: string) => void;
  readonly #colored: boolean;

  constructor(print: (line: string) => void, colored: boolean) {
    this.#print = print;
    this.#colored = colored;
  }

  log(line: LogLine): void {
    this.#show(line.Level, logText(line));
  }

  event({ Time, Type, Action, Key, Principal }: Event): void {
    const time = Time.replace(/^[^T]*T(\d\d:\d\d:\d\d)(\.\d{1,3})?.*$/s, '$1$2');
    this.#show(
      'event',
      `${time} event ${Type}.${Action}.${Key}${Principal === '' ? '' : ` by ${Principal}`}`,
    );
  }

  /** Prints a message of the loop itself. */
  dev(message: string): void {
    this.#show('dev', `${new Date().toISOString().slice(11, 23)} dev   ${message}`);
  }

  /** Prints the output of a tool about a problem in the project. */
  problem(text: string): void {
    this.#show('error', text.trimEnd());
  }

  #show(kind: string, text: string): void {
    const color = this.#colored ? COLORS[kind as keyof typeof COLORS] : undefined;
    this.#print(color === undefined ? text : `\x1b[${color}m${text}\x1b[0m`);
  }
}
