import { createCipheriv } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { type CipherSuite, cipherSuite, hmac } from '../../../lib/ipmi/lanplus/cipher-suites.ts';
import { type Frame, PAYLOAD, plainFrame, readFrame, sessionFrame } from '../../../lib/ipmi/lanplus/frame.ts';
import { checksum } from '../../../lib/ipmi/lanplus/message.ts';
import { type PacketKeys, packetKeys, seal, unseal } from '../../../lib/ipmi/lanplus/protection.ts';
import {
  type Exchange,
  rakp2Code,
  rakp3Code,
  rakp4Code,
  sameCode,
  sessionKey,
} from '../../../lib/ipmi/lanplus/rakp.ts';
import { randomBytes, randomSessionId } from '../../../lib/ipmi/lanplus/random.ts';
import type { Faults, Kind, Refusal } from './faults.ts';
import { type Answer, commandKey, Machine, ok, type Received, refuse, uint16 } from './machine.ts';
import { Serial } from './serial.ts';

export interface FakeBmcOptions {
  /** 127.0.0.1 unless given; `::1` for IPv6. */
  address?: string;
  port?: number;
  username?: string;
  password?: string;
  /** 2 user, 3 operator, 4 administrator. */
  privilege?: number;
  suites?: readonly number[];
  /** K_g. */
  bmcKey?: string;
  faults?: Faults;
}

interface Outgoing {
  kind: Kind;
  datagram: Buffer;
}

interface BmcSession {
  consoleId: number;
  bmcId: number;
  suite: CipherSuite;
  openPrivilege: number;
  state: 'opened' | 'answered' | 'up';
  exchange?: Exchange;
  /** What its codes are computed with. */
  claimed?: Exchange;
  keys?: PacketKeys;
  level: number;
  highest: number;
  sent: number;
}

/** The least level of commands that are not for every user (IPMI 2.0, appendix G). */
const LEAST: Readonly<Record<string, number>> = {
  '00/02': 3,
  '00/04': 3,
  '00/08': 3,
  '00/09': 3,
  '0a/47': 3,
  '0c/02': 3,
  '06/44': 3,
  '06/46': 3,
  '06/47': 4,
  '06/48': 3,
  '06/49': 3,
};

/**
 * A BMC in this process that speaks RMCP+ and makes every fault that BMCs were seen to make. That it is right without
 * them is shown by clients that nobody here wrote: see fake-bmc.test.ts.
 */
export class FakeBmc implements AsyncDisposable {
  readonly address: string;
  readonly username: string;
  readonly password: string;
  readonly machine = new Machine();
  readonly serial = new Serial();
  faults: Faults;
  /** The commands that came in sessions, as `00/01` or with their data `00/02 01`. */
  readonly received: string[] = [];
  /** Gets all that comes in, as it comes. */
  tap: (datagram: Buffer) => void = () => {};
  /** The numbers of the packets that came in sessions. */
  readonly sequences: number[] = [];
  /** How many datagrams of each kind there were. */
  readonly counts = new Map<Kind, number>();
  readonly #options: Required<Pick<FakeBmcOptions, 'privilege' | 'suites' | 'bmcKey'>>;
  readonly #socket: Socket;
  readonly #sessions = new Map<number, BmcSession>();
  readonly #timers = new Set<NodeJS.Timeout>();

  private constructor(options: FakeBmcOptions) {
    const { address = '127.0.0.1', username = 'admin', password = 's3cr3t', faults = {} } = options;
    const { privilege = 4, suites = [17, 3], bmcKey = '' } = options;
    this.address = address;
    this.username = username;
    this.password = password;
    this.faults = faults;
    this.#options = { privilege, suites, bmcKey };
    this.#socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', recvBufferSize: 1 << 22 });
    this.#socket.on('message', (datagram, from) => this.#receive(datagram, from));
  }

  static async start(options: FakeBmcOptions = {}): Promise<FakeBmc> {
    const bmc = new FakeBmc(options);
    bmc.#socket.bind(options.port ?? 0, bmc.address);
    await once(bmc.#socket, 'listening');
    return bmc;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Those that are up. */
  get sessions(): number {
    return [...this.#sessions.values()].filter(({ state }) => state === 'up').length;
  }

  /** Those that were begun and not finished. */
  get halfOpen(): number {
    return this.#sessions.size - this.sessions;
  }

  /** As after a reset, or a minute of silence. */
  forgetSessions(): void {
    this.#sessions.clear();
    this.serial.close(false);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.serial.close(false);
    for (const timer of this.#timers) clearTimeout(timer);
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }

  #receive(datagram: Buffer, from: RemoteInfo): void {
    this.tap(datagram);
    if (datagram[3] === 0x06) this.#pong(datagram, from);
    const outgoing = datagram[4] === 0x00 ? this.#outside(datagram) : this.#rmcpPlus(datagram, from);
    if (outgoing !== undefined) this.#answer(outgoing, from);
  }

  #pong(ping: Buffer, from: RemoteInfo): void {
    const pong = [6, 0, 0xff, 6, 0, 0, 0x11, 0xbe, 0x40, ping[9] ?? 0, 0, 0x10];
    this.#socket.send(
      Buffer.from([...pong, 0, 0, 0x11, 0xbe, 0, 0, 0, 0, 0x81, 0, 0, 0, 0, 0, 0, 0]),
      from.port,
      from.address,
    );
  }

  /** A message in the packet of IPMI 1.5, without a session. */
  #outside(datagram: Buffer): Outgoing | undefined {
    const response = this.#toAnybody(datagram.subarray(14));
    if (response === undefined) return undefined;
    const header = Buffer.from([6, 0, 0xff, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, response.length]);
    return { kind: 'versions answer', datagram: Buffer.concat([header, response]) };
  }

  #toAnybody(message: Buffer): Buffer | undefined {
    const received = readRequest(message);
    if (received === undefined || this.#isLost('versions')) return undefined;
    if (received.command === 0x38 && this.faults.silentToVersions) return undefined;
    return this.#message(message, this.#general(received));
  }

  /** Commands that are for anybody. */
  #general({ netFn, command, data }: Received): Answer {
    switch (commandKey(netFn, command)) {
      case '06/38': {
        if (this.faults.isOld) return refuse(0xcc);
        const key = this.#options.bmcKey === '' ? 0 : 0x20;
        return ok([this.machine.channel, 0x80, key | 0x04, 0x02, 0, 0, 0, 0]);
      }
      case '06/54': {
        const index = (data[2] ?? 0) & 0x3f;
        const records = this.#options.suites.flatMap((id) => suiteRecord(id));
        return ok([0x01, ...records.slice(index * 16, index * 16 + 16)]);
      }
      default:
        return refuse(0xd4);
    }
  }

  #rmcpPlus(datagram: Buffer, from: RemoteInfo): Outgoing | undefined {
    const frame = readFrame(datagram);
    if (frame === undefined || this.faults.isOld) return undefined;
    // Outside of a session packets have no number, and some BMCs drop those that do.
    if (frame.sessionId === 0 && frame.sequence !== 0) return undefined;
    switch (frame.payloadType) {
      case PAYLOAD.openSessionRequest:
        return this.#open(frame.payload);
      case PAYLOAD.rakp1:
        return this.#rakp1(frame.payload);
      case PAYLOAD.rakp3:
        return this.#rakp3(frame.payload);
      default:
        return this.#inSession(frame, from);
    }
  }

  #open(payload: Buffer): Outgoing | undefined {
    if (this.#isLost('open') || payload.length < 32) return undefined;
    const [tag, consoleId] = [payload.readUInt8(0), payload.readUInt32LE(4)];
    const algorithms = [12, 20, 28].map((offset) => payload.readUInt8(offset) & 0x3f);
    const asked = this.#options.suites
      .map(suiteOf)
      .find((suite) => String(algorithmsOf(suite)) === String(algorithms));
    const refusal = this.#refusal('open', asked?.id);
    if (refusal !== undefined) {
      return refusalOf('open answer', tag, consoleId, refusal);
    }
    const answered = this.faults.answersSuite ?? asked?.id;
    if (answered === undefined) {
      const status = algorithms[0] === 1 || algorithms[0] === 3 ? 0x11 : 0x04;
      return refusalOf('open answer', tag, consoleId, { at: 'open', status });
    }
    const session: BmcSession = {
      consoleId,
      bmcId: randomSessionId(),
      suite: suiteOf(answered),
      openPrivilege: payload.readUInt8(1),
      state: 'opened',
      level: 2,
      highest: 0,
      sent: 0,
    };
    this.#sessions.set(session.bmcId, session);
    const response = Buffer.alloc(12);
    response.set([tag, 0, this.faults.answersNoPrivilege ? 0 : this.#options.privilege]);
    response.writeUInt32LE(consoleId, 4);
    response.writeUInt32LE(session.bmcId, 8);
    const records = algorithmsOf(session.suite).flatMap((algorithm, kind) => [
      kind,
      0,
      0,
      8,
      algorithm,
      0,
      0,
      0,
    ]);
    const answer = Buffer.concat([response, Buffer.from(records)]);
    return { kind: 'open answer', datagram: plainFrame(PAYLOAD.openSessionResponse, answer) };
  }

  #rakp1(payload: Buffer): Outgoing | undefined {
    if (this.#isLost('rakp1') || payload.length < 28) return undefined;
    const tag = payload.readUInt8(0);
    const session = this.#sessions.get(payload.readUInt32LE(4));
    const refuseWith = (refusal: Refusal) => {
      if (session !== undefined) this.#sessions.delete(session.bmcId);
      return refusalOf('rakp2', tag, session?.consoleId ?? 0, refusal);
    };
    if (session === undefined) return refuseWith({ at: 'rakp2', status: 0x02 });
    const refusal = this.#refusal('rakp2', session.suite.id);
    if (refusal !== undefined) return refuseWith(refusal);
    const role = payload.readUInt8(24);
    const username = payload.toString('utf8', 28, 28 + payload.readUInt8(27));
    if (username !== this.username) return refuseWith({ at: 'rakp2', status: 0x0d });
    const privilege = role & 0x0f;
    const { privilege: own } = this.#options;
    if (this.faults.wantsEqualPrivilege && (role & 0x10) === 0 && privilege !== own) {
      return refuseWith({ at: 'rakp2', status: 0x0d });
    }
    if (this.faults.refusesHighRole && privilege > own) return refuseWith({ at: 'rakp2', status: 0x0a });
    const exchange: Exchange = {
      suite: session.suite,
      username,
      role,
      consoleId: session.consoleId,
      bmcId: session.bmcId,
      consoleRandom: Buffer.from(payload.subarray(8, 24)),
      bmcRandom: randomBytes(16),
      bmcGuid: this.machine.guid,
    };
    session.exchange = exchange;
    session.claimed = this.faults.computesWithOpenPrivilege
      ? { ...exchange, role: session.openPrivilege | (session.openPrivilege === 0 ? 0 : role & 0x10) }
      : exchange;
    session.state = 'answered';
    session.highest = Math.min(privilege, own, this.faults.highestPrivilege ?? 4);
    const code = rakp2Code(session.claimed, this.#password());
    if (this.faults.wrongRakp2Code?.includes(session.suite.id)) code[0] = (code[0] ?? 0) ^ 1;
    const answer = Buffer.alloc(8);
    answer[0] = tag;
    answer.writeUInt32LE(session.consoleId, 4);
    return {
      kind: 'rakp2',
      datagram: plainFrame(
        PAYLOAD.rakp2,
        Buffer.concat([answer, exchange.bmcRandom, exchange.bmcGuid, code]),
      ),
    };
  }

  #rakp3(payload: Buffer): Outgoing | undefined {
    if (this.#isLost('rakp3') || payload.length < 8) return undefined;
    const [tag, status] = [payload.readUInt8(0), payload.readUInt8(1)];
    const session = this.#sessions.get(payload.readUInt32LE(4));
    if (status !== 0) {
      if (session !== undefined) this.#sessions.delete(session.bmcId);
      return;
    }
    const refuseWith = (refusal: Refusal) => {
      if (session !== undefined) this.#sessions.delete(session.bmcId);
      return refusalOf('rakp4', tag, session?.consoleId ?? 0, refusal);
    };
    if (session?.claimed === undefined || session.state !== 'answered') {
      return refuseWith({ at: 'rakp4', status: 0x02 });
    }
    const refusal = this.#refusal('rakp4', session.suite.id);
    if (refusal !== undefined) return refuseWith(refusal);
    if (!sameCode(payload.subarray(8), rakp3Code(session.claimed, this.#password()))) {
      return refuseWith({ at: 'rakp4', status: 0x0f });
    }
    const { bmcKey } = this.#options;
    const key = sessionKey(session.claimed, bmcKey === '' ? this.#password() : Buffer.from(bmcKey));
    session.keys = packetKeys(session.suite, key);
    session.state = 'up';
    const code = rakp4Code(session.claimed, key);
    if (this.faults.wrongRakp4Code) code[0] = (code[0] ?? 0) ^ 1;
    const answer = Buffer.alloc(8);
    answer[0] = tag;
    answer.writeUInt32LE(session.consoleId, 4);
    return { kind: 'rakp4', datagram: plainFrame(PAYLOAD.rakp4, Buffer.concat([answer, code])) };
  }

  #inSession(frame: Frame, from: RemoteInfo): Outgoing | undefined {
    if (frame.sessionId === 0) {
      const answer = this.#toAnybody(frame.payload);
      return answer && { kind: 'versions answer', datagram: plainFrame(PAYLOAD.ipmi, answer) };
    }
    const session = this.#sessions.get(frame.sessionId);
    const isSol = frame.payloadType === PAYLOAD.sol;
    if (session?.keys === undefined || this.#isLost(isSol ? 'sol' : 'request')) return undefined;
    if (this.faults.silentInSession) return undefined;
    const message = unseal(session.keys, frame);
    if (isSol) {
      if (message !== undefined && this.serial.owner === session.bmcId) this.serial.take(message);
      return undefined;
    }
    const received = message === undefined ? undefined : readRequest(message);
    if (message === undefined || received === undefined) return undefined;
    const { netFn, command, data } = received;
    const key = commandKey(netFn, command);
    this.sequences.push(frame.sequence);
    this.received.push(`${key} ${data.toString('hex')}`.trim());
    const response = this.#message(message, this.#answerTo(received, session, from));
    if (this.faults.wrongInnerChecksum) response[response.length - 1] = (response.at(-1) ?? 0) ^ 0xff;
    session.sent += this.faults.sequenceStep ?? 1;
    const packet = { payloadType: PAYLOAD.ipmi, sessionId: session.consoleId, sequence: session.sent || 1 };
    const { keys } = session;
    const datagram = this.faults.padsWholeBlock
      ? sealWithWholeBlock(keys, packet, response)
      : seal(keys, packet, response);
    return { kind: 'response', datagram };
  }

  #answerTo(received: Received, session: BmcSession, from: RemoteInfo): Answer {
    const { netFn, command, data } = received;
    const key = commandKey(netFn, command);
    const code = this.faults.codes?.[key];
    if (code !== undefined && code.times > 0) {
      code.times -= 1;
      return refuse(code.code);
    }
    if (key === '06/3b') return this.#setLevel(session, data[0] ?? 0);
    if (key === '06/3c') {
      const id = data.length < 4 ? 0 : data.readUInt32LE(0);
      this.#sessions.delete(id);
      if (this.serial.owner === id) this.serial.close(false);
      return ok([]);
    }
    if (key === '06/38' || key === '06/54') return this.#general(received);
    if (session.level < (LEAST[key] ?? 2)) return refuse(0xd4);
    if (key === '06/48') return this.#openConsole(session, from);
    if (key === '06/49') {
      if (this.serial.owner === 0) return refuse(0x80);
      this.serial.close(this.serial.owner !== session.bmcId);
      return ok([]);
    }
    if (key === '06/4b') {
      const owner = Buffer.alloc(12);
      owner.writeUInt32LE(this.serial.owner);
      return ok(owner);
    }
    return this.machine.answer(received);
  }

  #openConsole(session: BmcSession, from: RemoteInfo): Answer {
    const { serial } = this;
    if (!serial.isOn) return refuse(0x81);
    if (serial.owner !== 0) return refuse(0x80);
    const { keys, consoleId, bmcId } = session;
    if (keys === undefined) return refuse(0xd5);
    serial.open(bmcId, (payload) => {
      session.sent += this.faults.sequenceStep ?? 1;
      const packet = { payloadType: PAYLOAD.sol, sessionId: consoleId, sequence: session.sent || 1 };
      this.#answer({ kind: 'sol answer', datagram: seal(keys, packet, payload) }, from);
    });
    return ok([
      0,
      0,
      0,
      0,
      ...uint16(serial.payloadBytes),
      ...uint16(serial.payloadBytes),
      0x6f,
      0x02,
      0xff,
      0xff,
    ]);
  }

  #setLevel(session: BmcSession, level: number): Answer {
    if (level > session.highest) return refuse(0x81);
    if (level > 0) session.level = level;
    return ok([session.level]);
  }

  #message(request: Buffer, { code, data }: Answer): Buffer {
    const netFn = ((request[1] ?? 0) >> 2) | 1;
    const head = [request[3] ?? 0, (netFn << 2) | ((request[4] ?? 0) & 3)];
    const rest = [request[0] ?? 0, (request[4] ?? 0) & 0xfc, request[5] ?? 0, code, ...data];
    return Buffer.from([...head, checksum(Buffer.from(head)), ...rest, checksum(Buffer.from(rest))]);
  }

  #refusal(at: Refusal['at'], suite: number | undefined): Refusal | undefined {
    const refusal = this.faults.refusals?.find(
      (one) => one.at === at && one.times !== 0 && (one.suite === undefined || one.suite === suite),
    );
    if (refusal?.times !== undefined) refusal.times -= 1;
    return refusal;
  }

  #password(): Buffer {
    return Buffer.from(this.password).subarray(0, this.faults.passwordBytes ?? 20);
  }

  #isLost(kind: Kind): boolean {
    const count = this.counts.get(kind) ?? 0;
    this.counts.set(kind, count + 1);
    return this.faults.loses?.(kind, count) ?? false;
  }

  #answer({ kind, datagram }: Outgoing, { port, address }: RemoteInfo): void {
    const count = this.counts.get(kind) ?? 0;
    if (this.#isLost(kind)) return;
    const send = () => this.#socket.send(datagram, port, address);
    const lateMs = this.faults.delays?.(kind, count) ?? 0;
    const isDoubled = this.faults.answersTwice || this.faults.doubles?.(kind, count);
    for (let times = isDoubled ? 2 : 1; times > 0; times -= 1) {
      if (lateMs === 0) send();
      else {
        const timer = setTimeout(() => {
          this.#timers.delete(timer);
          send();
        }, lateMs);
        this.#timers.add(timer);
      }
    }
  }
}

const REFUSAL_TYPES = {
  'open answer': PAYLOAD.openSessionResponse,
  rakp2: PAYLOAD.rakp2,
  rakp4: PAYLOAD.rakp4,
} as const;

function refusalOf(
  kind: keyof typeof REFUSAL_TYPES,
  tag: number,
  consoleId: number,
  { status, length = 8, isAnonymous = false }: Refusal,
): Outgoing {
  const payload = Buffer.alloc(Math.max(length, 8));
  payload.set([isAnonymous ? 0 : tag, status]);
  if (!isAnonymous) payload.writeUInt32LE(consoleId, 4);
  if (length === 1) payload[0] = 0xc7;
  return { kind, datagram: plainFrame(REFUSAL_TYPES[kind], payload.subarray(0, length)) };
}

/** A request message; undefined when its checksums are wrong. */
function readRequest(message: Buffer): Received | undefined {
  if (message.length < 7 || checksum(message.subarray(0, 3)) !== 0 || checksum(message.subarray(3)) !== 0) {
    return undefined;
  }
  const [function_, command] = [message.readUInt8(1), message.readUInt8(5)];
  return {
    netFn: function_ >> 2,
    lun: function_ & 3,
    command,
    data: message.subarray(6, message.length - 1),
  };
}

function suiteOf(id: number): CipherSuite {
  const suite = cipherSuite(id);
  if (suite === undefined) throw new Error(`no suite ${id}`);
  return suite;
}

function algorithmsOf({ authentication, integrity, confidentiality }: CipherSuite): number[] {
  return [authentication.algorithm, integrity.algorithm, confidentiality];
}

function suiteRecord(id: number): number[] {
  const [authentication = 0, integrity = 0, confidentiality = 0] = algorithmsOf(suiteOf(id));
  return [0xc0, id, authentication, 0x40 | integrity, 0x80 | confidentiality];
}

/** As `seal`, with a block of padding more than is needed, as OpenBMC does where none is needed. */
function sealWithWholeBlock(
  keys: PacketKeys,
  { payloadType, sessionId, sequence }: Pick<Frame, 'payloadType' | 'sessionId' | 'sequence'>,
  payload: Buffer,
): Buffer {
  const needed = -(payload.length + 1) & 15;
  const padding = needed === 0 ? 16 : needed;
  const pads = Array.from({ length: padding }, (_, index) => index + 1);
  const vector = randomBytes(16);
  const cipher = createCipheriv('aes-128-cbc', keys.encryptionKey, vector).setAutoPadding(false);
  const encrypted = Buffer.concat([
    vector,
    cipher.update(Buffer.from([...payload, ...pads, padding])),
    cipher.final(),
  ]);
  const frame = sessionFrame({
    payloadType,
    encrypted: true,
    authenticated: true,
    sessionId,
    sequence,
    payload: encrypted,
  });
  const { hash, codeBytes } = keys.suite.integrity;
  const code = hmac(hash, keys.integrityKey, frame.subarray(4)).subarray(0, codeBytes);
  return Buffer.concat([frame, code]);
}
