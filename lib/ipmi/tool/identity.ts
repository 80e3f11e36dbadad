import type { FieldValue } from '../commands/fields.ts';
import { guidText } from '../commands/guid.ts';
import type { Identity } from '../commands/identity.ts';
import { vendorName } from '../commands/vendors.ts';
import { parseFields } from './fields.ts';
import type { Call } from './ipmitool.ts';

/** The BMC's identity from `mc info` and Get System GUID. Throws ModelError. */
export async function identityOf(call: Call): Promise<Identity> {
  const info = parseFields((await call(['mc', 'info'])).stdout);
  // Get System GUID is optional (IPMI 2.0, section 22.14). It is read raw, since versions of ipmitool differ in the
  // order of its bytes.
  const guid = await call(['raw', '0x06', '0x37']).catch(() => undefined);
  const enterprise = Number(info['Manufacturer ID']);
  const identity = {
    vendor: vendorName(enterprise) ?? named(info['Manufacturer Name']),
    product: named(info['Product Name']) ?? named(info['Product ID']),
    firmware: named(info['Firmware Revision']),
    uuid: guidText(Buffer.from((guid?.stdout ?? '').replace(/\s/g, ''), 'hex')),
  };
  return Object.fromEntries(Object.entries(identity).filter(([, value]) => value !== undefined));
}

/** A name; undefined when ipmitool does not know it. */
function named(value: FieldValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' && !/^Unknown\b/.test(value) ? value : undefined;
}
