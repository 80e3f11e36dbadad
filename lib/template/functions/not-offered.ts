import { type Callable, FunctionError } from '../values/value.ts';
import type { Functions } from './define.ts';

const CLOCK = 'is not offered here: it reads the clock';

/** sprig's functions that dr-provision has and that are errors here, with their parameter types. */
export const NOT_OFFERED: Functions = {
  genCA: notOffered(['string', 'int'], CLOCK),
  genCAWithKey: notOffered(['string', 'int', 'string'], CLOCK),
  genSelfSignedCert: notOffered(['string', '[]interface {}', '[]interface {}', 'int'], CLOCK),
  genSelfSignedCertWithKey: notOffered(
    ['string', '[]interface {}', '[]interface {}', 'int', 'string'],
    CLOCK,
  ),
  genSignedCert: notOffered(
    ['string', '[]interface {}', '[]interface {}', 'int', 'sprig.certificate'],
    CLOCK,
  ),
  genSignedCertWithKey: notOffered(
    ['string', '[]interface {}', '[]interface {}', 'int', 'sprig.certificate', 'string'],
    CLOCK,
  ),
  getHostByName: notOffered(['string'], 'is not offered here: it asks the network'),
};

function notOffered(parameters: readonly string[], why: string): Callable {
  return {
    parameters,
    result: 'string',
    call: () => {
      throw new FunctionError(why);
    },
  };
}
