import type { FieldValue } from '../commands/fields.ts';
import type { Identity } from '../commands/identity.ts';
import { vendorName } from '../commands/vendors.ts';
import { parseFields } from './fields.ts';
import type { Call } from './ipmitool.ts';

/** Asks a BMC what it is, by `mc info` and `mc guid`. Throws ModelError. */
export async function identityOf(call: Call): Promise<Identity> {
  const info = parseFields((await call(['mc', 'info'])).stdout);
  // Get System GUID is optional (IPMI 2.0, section 22.14), and ipmitool fails where it is not there.
  const guid = await call(['mc', 'guid'], { tolerant: true }).catch(() => undefined);
  const enterprise = Number(info['Manufacturer ID']);
  const identity = {
    vendor: vendorName(enterprise) ?? named(info['Manufacturer Name']),
    product: named(info['Product Name']) ?? named(info['Product ID']),
    firmware: named(info['Firmware Revision']),
    uuid: named(parseFields(guid?.stdout ?? '')['System GUID']),
  };
  return Object.fromEntries(Object.entries(identity).filter(([, value]) => value !== undefined));
}

/** A name, as far as ipmitool knows one. */
function named(value: FieldValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' && !/^Unknown\b/.test(value) ? value : undefined;
}
