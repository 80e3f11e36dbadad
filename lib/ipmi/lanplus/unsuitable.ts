import { ModelError } from '../../models/index.ts';

/**
 * This client cannot use the BMC, but another might. No command has been sent. `interface` is ipmitool's name of the
 * protocol to try.
 */
export class Unsuitable extends ModelError {
  readonly interface: 'lan' | 'lanplus';

  constructor(error: ModelError, way: 'lan' | 'lanplus') {
    const { code, messages, model, key, type, cause } = error;
    super(code, messages, { model, key, type, cause });
    this.interface = way;
  }
}
