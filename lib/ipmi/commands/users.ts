import { refusal } from '../../models/index.ts';
import { COMPLETION } from '../completion-codes.ts';
import type { IpmiSession } from '../lanplus/bmc-session.ts';
import { refused, tooShort } from './ask.ts';
import { channelNumber } from './channel.ts';

/** Privilege of a user over the network (IPMI 2.0, section 6.8). */
export type UserPrivilege = 'none' | 'callback' | 'user' | 'operator' | 'administrator' | 'oem';

/** A user of a BMC. */
export interface User {
  /** From 1 to 63. User 1 has no name. */
  id: number;
  name: string;
  /** Absent when the BMC does not tell. */
  enabled?: boolean;
  privilege: UserPrivilege;
  /** Whether the user may log in by IPMI over the network. */
  ipmi: boolean;
  /** Whether the name is fixed. */
  fixedName: boolean;
}

const PRIVILEGES: Readonly<Record<number, UserPrivilege>> = {
  1: 'callback',
  2: 'user',
  3: 'operator',
  4: 'administrator',
  5: 'oem',
};

/** Get User Access, Get User Name, Set User Password (IPMI 2.0, sections 22.27 to 22.30). */
const GET_ACCESS = { netFn: 0x06, command: 0x44 };
const GET_NAME = { netFn: 0x06, command: 0x46 };
const SET_PASSWORD = { netFn: 0x06, command: 0x47 };
const SET = 2;
const TEST = 3;
const LONG = 0x80;
/** The shorter of the two lengths in which BMCs store passwords. */
const SHORT_BYTES = 16;
const LONG_BYTES = 20;
const WRONG_PASSWORD = 0x80;
const WRONG_SIZE = 0x81;

/** The users with a name or a privilege on the session's channel. Throws ModelError. */
export async function readUsers(session: IpmiSession): Promise<User[]> {
  const channel = await channelNumber(session);
  const users: User[] = [];
  let most = 1;
  let named = 1;
  for (let id = 1; id <= most; id += 1) {
    const request = { ...GET_ACCESS, data: [channel, id] };
    const { code, data } = await session.request(request, { privilege: 'operator', later: 'all' });
    // Some BMCs announce one user too many.
    if (code !== COMPLETION.ok && id > 1) break;
    if (code !== COMPLETION.ok) throw refused(session, 'Get User Access', code);
    if (data.length < 4) throw tooShort(session, 'Get User Access', data);
    most = data.readUInt8(0) & 0x3f;
    named = Math.max(named, data.readUInt8(2) & 0x3f);
    const access = data.readUInt8(3);
    const user: User = {
      id,
      name: await userName(session, id),
      ...enabledBy(data.readUInt8(1) >> 6),
      privilege: PRIVILEGES[access & 0x0f] ?? 'none',
      ipmi: (access & 0x10) !== 0,
      fixedName: id <= named,
    };
    if (isInUse(user)) users.push(user);
  }
  return users;
}

/** Whether a slot is used. Most BMCs have more slots than users. */
export function isInUse({ name, privilege }: Pick<User, 'name' | 'privilege'>): boolean {
  return name !== '' || privilege !== 'none';
}

/**
 * Sets a user's password, and has the BMC confirm it by a test. Open sessions stay open. Throws ModelError: 400 for a
 * password that IPMI does not allow, 502 when the BMC has not kept it.
 */
export async function setPassword(session: IpmiSession, id: number, password: string): Promise<void> {
  const bytes = Buffer.from(password);
  if (bytes.length === 0 || bytes.length > LONG_BYTES) {
    throw refusal(400, `a password for IPMI has 1 to ${LONG_BYTES} bytes, this one ${bytes.length}`);
  }
  const isLong = bytes.length > SHORT_BYTES;
  const padded = Buffer.alloc(isLong ? LONG_BYTES : SHORT_BYTES);
  padded.set(bytes);
  const request = (operation: number) => ({
    ...SET_PASSWORD,
    data: Buffer.concat([Buffer.of(isLong ? id | LONG : id, operation), padded]),
  });
  const asAdministrator = { privilege: 'administrator', later: 'all' } as const;
  const { code } = await session.request(request(SET), asAdministrator);
  if (code !== COMPLETION.ok) {
    const error = refused(session, 'Set User Password', code);
    throw isLong ? refusal(error.code, [...error.messages, longHint(bytes.length)], error) : error;
  }
  const tested = await session.request(request(TEST), asAdministrator);
  // A BMC without a test command may have accepted the password nevertheless.
  if (tested.code !== WRONG_PASSWORD && tested.code !== WRONG_SIZE) return;
  throw refusal(502, [
    `BMC ${session.bmc}: accepted the password, and has another one now`,
    ...(isLong ? [longHint(bytes.length)] : []),
  ]);
}

function longHint(bytes: number): string {
  return `the password has ${bytes} bytes: some BMCs keep no more than ${SHORT_BYTES} of it`;
}

/** Bits 7 and 6 of the status byte: 1 enabled, 2 disabled, 0 unknown. */
function enabledBy(status: number): Pick<User, 'enabled'> {
  return status === 1 || status === 2 ? { enabled: status === 1 } : {};
}

/** The name of a user; empty when the BMC refuses, as some do for unnamed users. */
async function userName(session: IpmiSession, id: number): Promise<string> {
  const { code, data } = await session.request(
    { ...GET_NAME, data: [id] },
    { privilege: 'operator', later: 'all' },
  );
  if (code !== COMPLETION.ok) return '';
  const end = data.indexOf(0);
  return data.toString('utf8', 0, end < 0 ? Math.min(data.length, 16) : end);
}
