import { ModelError } from '../../models/index.ts';

/** No answer came to a command that must not be repeated. */
export class Unanswered extends ModelError {
  constructor(bmc: string) {
    super(504, `BMC ${bmc}: did not answer the command; it was sent once, and may have been done`, {
      model: 'plugin',
      key: 'ipmi',
      type: 'rpc',
    });
  }
}
