import { ModelError } from '../../../lib/models/index.ts';
import { type Command, takes } from '../command.ts';
import type { Context } from '../context.ts';
import { endingSignal } from '../ending.ts';
import { print } from '../output/print.ts';
import { ESCAPE_HELP, Escape } from './escape.ts';
import { type Reading, RemoteConsole } from './remote-console.ts';
import { RawTerminal } from './terminal.ts';

/** Limit for one request; pasted text may be long. */
const MOST_AT_ONCE = 16 * 1024;

/** Shows a machine's serial console, and sends keyboard input. */
export const consoleCommand: Command = {
  use: 'console [machine]',
  summary: 'Open the serial console of a machine, through its BMC',
  details: `MACHINE is its UUID, its name, or Name:NAME. At the beginning of a line, ~. ends the console, and ~? shows what
else there is. What was printed in the last minutes comes first, when somebody else has the console open. Several people
may look at a console and type. The machine has to write to its serial port: the action solInfo tells how its BMC is set up.`,
  examples: ['console web1', 'console web1 --watch'],
  flags: [
    { name: 'watch', about: 'Look only; nothing that is typed is sent' },
    { name: 'take-over', about: 'Open it also when another program has it' },
    { name: 'plugin', value: 'string', about: 'The plugin whose console is meant, where several offer it' },
  ],
  check: takes([1]),
  run: (context) => run(context),
};

async function run(context: Context): Promise<void> {
  const ending = new AbortController();
  const signal = AbortSignal.any([ending.signal, endingSignal()]);
  const watch = context.on('watch');
  const endpoint = await context.endpoint();
  const machine = await machineKey(context);
  const options = { watch, takeOver: context.on('take-over'), plugin: context.given('plugin') };
  const console = await RemoteConsole.open(endpoint, machine, options, signal);
  context.note(welcome(context.arg(0), watch, console.others));
  try {
    const keyboard = new Keys(console, watch, signal, {
      note: (line) => context.note(`\n${line}`),
      end: () => ending.abort(),
    });
    using terminal = new RawTerminal(
      process.stdin,
      (characters) => keyboard.take(characters),
      // At the end of a file or pipe, the machine's answer is still shown.
      () => process.stdin.isTTY && ending.abort(),
    );
    keyboard.isTerminal = terminal.isTerminal;
    await show(console, signal, (line) => context.note(`\n${line}`));
  } finally {
    await console.close();
  }
}

function welcome(machine: string, watch: boolean, others: number): string {
  const who = others === 0 ? '' : `, ${others} other${others === 1 ? '' : 's'} there`;
  return `Console of ${machine}${watch ? ', to look at' : ''}${who}: ~. ends it, ~? shows more`;
}

/** UUID or index of the machine; names are resolved. Throws ModelError 404. */
async function machineKey(context: Context): Promise<string> {
  const machines = (await context.endpoint()).objects('machines');
  const key = context.arg(0);
  if (key.includes(':') || (await machines.exists(key))) return key;
  return `Name:${key}`;
}

/** Prints output until the console ends. Throws ModelError unless the user has ended it. */
async function show(
  console: RemoteConsole,
  signal: AbortSignal,
  note: (line: string) => void,
): Promise<void> {
  let state = 'open';
  while (!signal.aborted) {
    let reading: Reading;
    try {
      reading = await console.read(signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    const { output, missed, message } = reading;
    if (missed > 0) note(`[${missed} characters were printed too long ago]`);
    if (output.length > 0) await print(output);
    if (reading.state === 'ended') throw new ModelError(503, `the console has ended: ${message}`);
    if (reading.state === 'connecting') note(`[the connection is lost: ${message}; connecting again]`);
    else if (state === 'connecting') note('[connected again]');
    state = reading.state;
  }
}

/** Keyboard input on its way to the machine. */
class Keys {
  /** `~` is special only on a terminal. */
  isTerminal = false;
  readonly #console: RemoteConsole;
  readonly #isWatching: boolean;
  readonly #signal: AbortSignal;
  readonly #say: { note(line: string): void; end(): void };
  readonly #escape = new Escape();
  #waiting: (Buffer | 'break')[] = [];
  #isSending = false;

  constructor(
    console: RemoteConsole,
    isWatching: boolean,
    signal: AbortSignal,
    say: { note(line: string): void; end(): void },
  ) {
    this.#console = console;
    this.#isWatching = isWatching;
    this.#signal = signal;
    this.#say = say;
  }

  take(characters: Buffer): void {
    for (const typed of this.isTerminal ? this.#escape.take(characters) : [{ characters }]) {
      if (typed === 'end') this.#say.end();
      else if (typed === 'help') for (const line of ESCAPE_HELP) this.#say.note(line);
      else if (!this.#isWatching) this.#waiting.push(typed === 'break' ? typed : typed.characters);
    }
    if (!this.#isSending) void this.#send();
  }

  /** Never rejects. */
  async #send(): Promise<void> {
    this.#isSending = true;
    try {
      while (this.#waiting.length > 0 && !this.#signal.aborted)
        await this.#console.type(this.#next(), this.#signal);
    } catch (error) {
      // The reader reports why the console has ended.
      this.#waiting = [];
      if (!this.#signal.aborted && error instanceof ModelError && error.code !== 404)
        this.#say.note(`[not typed: ${error.message}]`);
    } finally {
      this.#isSending = false;
    }
  }

  /** The input up to the next break, limited to what the plugin accepts at once. */
  #next(): Buffer | 'break' {
    const [first = Buffer.alloc(0), ...others] = this.#waiting;
    if (first === 'break') {
      this.#waiting = others;
      return first;
    }
    const pieces: Buffer[] = [];
    const until = this.#waiting.indexOf('break');
    for (const piece of this.#waiting.splice(0, until < 0 ? this.#waiting.length : until))
      if (piece !== 'break') pieces.push(piece);
    const typed = Buffer.concat(pieces);
    if (typed.length > MOST_AT_ONCE) this.#waiting.unshift(typed.subarray(MOST_AT_ONCE));
    return typed.subarray(0, MOST_AT_ONCE);
  }
}
