import { ModelError } from '../../lib/models/index.ts';
import { about } from './failure.ts';

/** The cloud will not make a device of this machine. What there is of it, the machine included, is to be removed. */
export class OrderFailed extends ModelError {
  /** The device, if one was ordered. */
  readonly device: string | undefined;

  constructor({ code, messages }: ModelError, device: string | undefined) {
    super(code, messages, about);
    this.device = device;
  }
}
