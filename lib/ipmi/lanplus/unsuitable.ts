import { ModelError } from '../../models/index.ts';

/**
 * This client cannot work with the BMC, and another might: nothing was done yet. `interface` is ipmitool's name of the
 * way that may do.
 */
export class Unsuitable extends ModelError {
  readonly interface: 'lan' | 'lanplus';

  constructor(error: ModelError, way: 'lan' | 'lanplus') {
    const { code, messages, model, key, type, cause } = error;
    super(code, messages, { model, key, type, cause });
    this.interface = way;
  }
}
