import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { lives } from '../lives.ts';
import { runCommand } from './command.ts';
import type { Host } from './world.ts';

/**
 * Runs the commands that the script `vboxmanage` hands over: it writes its process id into the pipe `requests`, its arguments
 * are in `call.PID`, and it waits for its exit code in the pipe `call.PID.ended`. What it is to print is in `call.PID.stdout` and
 * `call.PID.stderr`, which are not there where that is nothing: a shell starts programs only to print, and to make the pipe.
 */
export class Server implements Disposable {
  readonly #requests: Socket;

  constructor(host: Host) {
    const pipe = join(host.home, 'requests');
    execFileSync('mkfifo', [pipe]);
    // For both directions: it then stays open while no script has it open.
    const fd = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    this.#requests = new Socket({ fd, readable: true, writable: false });
    this.#requests.unref();
    createInterface(this.#requests).on('line', (line) => {
      answer(host, Number(line)).catch((error: unknown) => {
        // The script was killed meanwhile, or its folder is gone.
        if (lives(Number(line))) throw error;
      });
    });
  }

  [Symbol.dispose](): void {
    this.#requests.destroy();
  }
}

async function answer(host: Host, pid: number): Promise<void> {
  const call = join(host.home, `call.${pid}`);
  const args = readFileSync(call, 'utf8').split('\0').slice(0, -1);
  const { code, stdout, stderr } = await runCommand({ ...host, caller: pid }, args);
  for (const [name, text] of Object.entries({ stdout, stderr })) {
    // An earlier process may have had this id.
    if (text === '') rmSync(`${call}.${name}`, { force: true });
    else writeFileSync(`${call}.${name}`, text);
  }
  // For both directions: to open it for writing alone would wait, for good, where the script was killed meanwhile.
  const ended = openSync(`${call}.ended`, constants.O_RDWR | constants.O_NONBLOCK);
  try {
    rmSync(call);
    rmSync(`${call}.ended`);
    writeSync(ended, `${code}\n`);
  } finally {
    closeSync(ended);
  }
}
