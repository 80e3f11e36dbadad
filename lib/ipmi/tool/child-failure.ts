import { abortError, refusal } from '../../models/index.ts';
import type { ChildEnd } from '../../process/index.ts';

/** A child process that talks to a BMC. */
export interface BmcChild {
  /** Name of the tool. */
  tool: string;
  /** Name of the BMC in messages. */
  bmc: string;
  timeLimitMs: number;
  signal: AbortSignal;
}

/** Throws ModelError unless the child exited by itself, with any code. */
export function checkEnd({ tool, bmc, timeLimitMs, signal }: BmcChild, end: ChildEnd): void {
  switch (end.how) {
    case 'exit':
      return;
    case 'abort':
      throw abortError(`BMC ${bmc}`, signal);
    case 'time limit':
      throw refusal(504, `BMC ${bmc}: ${tool} was stopped after ${timeLimitMs / 1000} s without a result`);
    case 'output limit':
      throw refusal(502, `BMC ${bmc}: ${tool} was stopped because it printed too much`);
    case 'unstartable':
      throw refusal(500, `${tool} cannot be started: ${reason(end.error)}`, end.error);
  }
}

function reason(error: NodeJS.ErrnoException | undefined): string {
  const full = error?.code === 'EMFILE' || error?.code === 'ENFILE';
  return `${error?.message}${full ? ': the limit of open files is reached (ulimit -n)' : ''}`;
}
