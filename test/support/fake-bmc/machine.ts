/** A command as it came in. */
export interface Received {
  netFn: number;
  command: number;
  lun: number;
  data: Buffer;
}

/** Completion code and data of a response. */
export interface Answer {
  code: number;
  data: Uint8Array;
}

type Handler = (data: Buffer, received: Received) => Answer;

export interface SensorState {
  reading: number;
  /** Bits 7 to 5 of the second byte; 0xc0 is a sensor that works. */
  flags?: number;
  /** The bytes after it. */
  states?: readonly number[];
  thresholds?: readonly number[];
}

/** What stands behind a BMC: power, boot options, log, sensors and parts, and how they answer commands. */
export class Machine {
  power: 'on' | 'off' = 'off';
  /** `power on`, `power cycle`, `boot 5 80040000 00`, ... in the order in which they came. */
  readonly changes: string[] = [];
  readonly bootOptions = new Map<number, Buffer>();
  /** So many looks at the power after a command to change it show nothing yet; a cycle is off for as many. */
  powerLag = 0;
  /** Takes commands to change the power, and does nothing. */
  ignoresPower = false;
  #powerToCome: ('on' | 'off')[] = [];
  identifySeconds = 0;
  /** 16 bytes each. */
  sel: Buffer[] = [];
  /** Whole records with their headers. */
  sdr: Buffer[] = [];
  readonly sensors = new Map<number, SensorState>();
  readonly fru = new Map<number, Buffer>();
  readonly users = new Map<
    number,
    { name: string; enabled: boolean; access: number; password?: string; isLong?: boolean }
  >();
  /** By parameter and set, the set for those that have several: `3`, `56.1`. */
  readonly lan = new Map<string, Buffer>();
  /** The most bytes of a password, where there is a limit below 20. */
  passwordBytes = 20;
  /** The number of its channel, and whether 0Eh may stand for it. */
  channel = 1;
  takesThisChannel = true;
  guid = Buffer.from('11223344556647789900aabbccddeeff', 'hex');
  deviceId = Buffer.from('23 03 09 08 02 9f 91 12 00 02 0f 00 00 00 00'.replaceAll(' ', ''), 'hex');
  /** What a read of a record or part may ask for at most; more is answered with `tooManyCode`. */
  mostBytes = 255;
  tooManyCode = 0xca;
  /** So many reservations are lost to somebody else. */
  lostReservations = 0;
  /** The record after the last one is the first. */
  isEndless = false;
  /** Polls of an erasure before it is done. */
  erasePolls = 1;
  #reservation = 0;
  #erasing = 0;
  /** By `netFn/command` in hexadecimal; tests may put others in. */
  readonly handlers = new Map<string, Handler>([
    ['06/01', () => ok(this.deviceId)],
    ['06/37', () => ok(this.guid)],
    ['00/01', () => this.#status()],
    ['00/02', (data) => this.#control(data)],
    ['00/04', (data) => this.#identify(data)],
    ['00/08', (data) => this.#setBootOption(data)],
    ['00/09', (data) => this.#bootOption(data)],
    [
      '0a/40',
      () => ok([0x51, ...uint16(this.sel.length), ...uint16(0x1000), ...new Array(8).fill(0x10), 0x02]),
    ],
    ['0a/42', () => this.#reserve()],
    ['0a/43', (data) => this.#selEntry(data)],
    ['0a/47', (data) => this.#clearSel(data)],
    ['0a/48', () => ok([0, 0, 0, 0x69])],
    ['0a/20', () => ok([0x51, ...uint16(this.sdr.length), ...uint16(0x1000), ...new Array(8).fill(0), 0x02])],
    ['0a/22', () => this.#reserve()],
    ['0a/23', (data) => this.#sdrRecord(data)],
    ['04/2d', (data, { lun }) => this.#reading(data, lun)],
    ['04/27', (data) => this.#thresholds(data)],
    ['0a/10', (data) => this.#fruInfo(data)],
    ['0a/11', (data) => this.#fruData(data)],
    ['0c/02', (data) => this.#lan(data)],
    ['06/44', (data) => this.#userAccess(data)],
    ['06/46', (data) => this.#userName(data)],
    ['06/47', (data) => this.#userPassword(data)],
    // An 802.3 LAN with sessions.
    [
      '06/42',
      (data) =>
        this.#isChannel(data[0]) ? ok([this.channel, 4, 1, 0x80, 0xf2, 0x1b, 0, 0, 0]) : refuse(0xcc),
    ],
  ]);

  answer(received: Received): Answer {
    const key = commandKey(received.netFn, received.command);
    return this.handlers.get(key)?.(received.data, received) ?? refuse(0xc1);
  }

  #status(): Answer {
    this.power = this.#powerToCome.shift() ?? this.power;
    return ok([this.power === 'on' ? 0x21 : 0x20, 0x10, 0x40]);
  }

  #control(data: Buffer): Answer {
    const way = ['off', 'on', 'cycle', 'reset', 'nmi', 'soft'][data[0] ?? 0xff];
    if (way === undefined) return refuse(0xcc);
    if (this.power === 'off' && ['cycle', 'reset', 'nmi', 'soft'].includes(way)) return refuse(0xd5);
    this.changes.push(`power ${way}`);
    if (this.ignoresPower || way === 'reset' || way === 'nmi') return ok([]);
    const end = way === 'on' || way === 'cycle' ? 'on' : 'off';
    if (this.powerLag === 0) this.power = end;
    else {
      const looks = (state: 'on' | 'off') => new Array<'on' | 'off'>(this.powerLag).fill(state);
      this.#powerToCome = [...looks(this.power), ...(way === 'cycle' ? looks('off') : []), end];
    }
    return ok([]);
  }

  #identify(data: Buffer): Answer {
    if (data.length > 2) return refuse(0xc7);
    this.identifySeconds = data[1] === 1 ? Number.POSITIVE_INFINITY : (data[0] ?? 15);
    this.changes.push(`identify ${this.identifySeconds}`);
    return ok([]);
  }

  #setBootOption(data: Buffer): Answer {
    const parameter = (data[0] ?? 0) & 0x7f;
    this.bootOptions.set(parameter, data.subarray(1));
    this.changes.push(`boot ${parameter} ${data.subarray(1).toString('hex')}`);
    return ok([]);
  }

  #bootOption(data: Buffer): Answer {
    const parameter = (data[0] ?? 0) & 0x7f;
    const value = this.bootOptions.get(parameter) ?? (parameter === 5 ? Buffer.alloc(5) : undefined);
    return value === undefined ? refuse(0x80) : ok([0x01, parameter, ...value]);
  }

  #reserve(): Answer {
    this.#reservation = (this.#reservation + 1) & 0xffff || 1;
    const mine = this.#reservation;
    if (this.lostReservations > 0) {
      this.lostReservations -= 1;
      this.#reservation += 1;
    }
    return ok(uint16(mine));
  }

  #selEntry(data: Buffer): Answer {
    const id = data.readUInt16LE(2);
    const index = id === 0xffff ? this.sel.length - 1 : id === 0 ? 0 : this.#indexOf(this.sel, id);
    const entry = this.sel[index];
    if (entry === undefined) return refuse(0xcb);
    return ok([...uint16(this.#after(this.sel, index)), ...entry]);
  }

  #clearSel(data: Buffer): Answer {
    if (data.readUInt16LE(0) !== this.#reservation) return refuse(0xc5);
    if (data.toString('latin1', 2, 5) !== 'CLR') return refuse(0xcc);
    if (data[5] === 0xaa) {
      this.changes.push('sel clear');
      this.sel = [];
      this.#erasing = this.erasePolls;
    } else if (this.#erasing > 0) this.#erasing -= 1;
    return ok([this.#erasing > 0 ? 0 : 1]);
  }

  #sdrRecord(data: Buffer): Answer {
    const [id, offset, count] = [data.readUInt16LE(2), data.readUInt8(4), data.readUInt8(5)];
    if (data.readUInt16LE(0) !== this.#reservation && offset > 0) return refuse(0xc5);
    const index = id === 0 ? 0 : this.#indexOf(this.sdr, id);
    const record = this.sdr[index];
    if (record === undefined) return refuse(0xcb);
    if (count !== 0xff && count > this.mostBytes) return refuse(this.tooManyCode);
    const next = this.isEndless && index === this.sdr.length - 1 ? 0 : this.#after(this.sdr, index);
    return ok([...uint16(next), ...record.subarray(offset, count === 0xff ? undefined : offset + count)]);
  }

  #reading(data: Buffer, _lun: number): Answer {
    const state = this.sensors.get(data[0] ?? 0);
    if (state === undefined) return refuse(0xcb);
    return ok([state.reading, state.flags ?? 0xc0, ...(state.states ?? [0, 0])]);
  }

  #thresholds(data: Buffer): Answer {
    const thresholds = this.sensors.get(data[0] ?? 0)?.thresholds;
    return thresholds === undefined ? refuse(0xcd) : ok(thresholds);
  }

  #fruInfo(data: Buffer): Answer {
    const fru = this.fru.get(data[0] ?? 0);
    return fru === undefined ? refuse(0xcb) : ok([...uint16(fru.length), 0]);
  }

  #fruData(data: Buffer): Answer {
    const fru = this.fru.get(data[0] ?? 0);
    if (fru === undefined) return refuse(0xcb);
    const [offset, count] = [data.readUInt16LE(1), data.readUInt8(3)];
    if (count > this.mostBytes) return refuse(this.tooManyCode);
    const bytes = fru.subarray(offset, offset + count);
    return bytes.length === 0 ? refuse(0xc9) : ok([bytes.length, ...bytes]);
  }

  #isChannel(number = 0): boolean {
    return number === this.channel || (number === 0x0e && this.takesThisChannel);
  }

  #lan(data: Buffer): Answer {
    if (!this.#isChannel(data[0])) return refuse(0xcc);
    const [, parameter = 0, set = 0] = data;
    const value = this.lan.get(`${parameter}.${set}`) ?? this.lan.get(String(parameter));
    return value === undefined ? refuse(0x80) : ok([0x11, ...value]);
  }

  #userAccess(data: Buffer): Answer {
    if (!this.#isChannel(data[0])) return refuse(0xcc);
    const user = this.users.get((data[1] ?? 0) & 0x3f);
    const enabled = [...this.users.values()].filter((other) => other.enabled).length;
    return ok([10, enabled | (user?.enabled ? 0x40 : 0x80), 1, user?.access ?? 0x0f]);
  }

  #userPassword(data: Buffer): Answer {
    const [first = 0, operation = 0] = data;
    const user = this.users.get(first & 0x3f);
    const isLong = (first & 0x80) !== 0;
    if (user === undefined) return refuse(0xcc);
    if (operation < 2) {
      user.enabled = operation === 1;
      return ok([]);
    }
    const bytes = data.subarray(2);
    if (bytes.length !== (isLong ? 20 : 16)) return refuse(0xc7);
    const [password = ''] = bytes.subarray(0, this.passwordBytes).toString().split('\0');
    if (operation === 2) {
      Object.assign(user, { password, isLong });
      this.changes.push(`password of ${first & 0x3f}`);
      return ok([]);
    }
    if (user.isLong !== isLong) return refuse(0x81);
    return user.password === bytes.toString().split('\0')[0] ? ok([]) : refuse(0x80);
  }

  #userName(data: Buffer): Answer {
    const user = this.users.get((data[0] ?? 0) & 0x3f);
    const name = Buffer.alloc(16);
    name.write(user?.name ?? '');
    return ok(name);
  }

  #indexOf(records: readonly Buffer[], id: number): number {
    return records.findIndex((record) => record.readUInt16LE(0) === id);
  }

  #after(records: readonly Buffer[], index: number): number {
    return records[index + 1]?.readUInt16LE(0) ?? 0xffff;
  }
}

export function ok(data: Uint8Array | readonly number[]): Answer {
  return { code: 0, data: Buffer.from(data) };
}

export function refuse(code: number): Answer {
  return { code, data: Buffer.alloc(0) };
}

/** `0a/43`. */
export function commandKey(netFn: number, command: number): string {
  return [netFn, command].map((part) => part.toString(16).padStart(2, '0')).join('/');
}

export function uint16(value: number): number[] {
  return [value & 0xff, value >> 8];
}
