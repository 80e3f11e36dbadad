import { ModelError } from '../../lib/models/index.ts';
import { about } from './failure.ts';

/** The cloud cannot provide a device for this machine. The machine and its device must be removed. */
export class OrderFailed extends ModelError {
  /** UUID of the device, if one was ordered. */
  readonly device: string | undefined;

  constructor({ code, messages }: ModelError, device: string | undefined) {
    super(code, messages, about);
    this.device = device;
  }
}
