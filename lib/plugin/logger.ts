import { LOG_LEVELS, type LogLevel, type LogLine, timestamp } from '../models/index.ts';
import { type CallSite, callSite } from './call-site.ts';
import { thrownMessage } from './failure-text.ts';

/**
 * Writes lines to the endpoint's log. No method waits or throws: lines are queued and sent in order.
 * Never give it a secret: lines are stored at the endpoint and become events.
 */
export interface Logger {
  trace(message: string, ...data: unknown[]): void;
  debug(message: string, ...data: unknown[]): void;
  info(message: string, ...data: unknown[]): void;
  warn(message: string, ...data: unknown[]): void;
  error(message: string, ...data: unknown[]): void;
  /** Marks the line as fatal; it ends nothing. To fail, throw. */
  fatal(message: string, ...data: unknown[]): void;
  /** Marks the line as a panic; it ends nothing. */
  panic(message: string, ...data: unknown[]): void;
  /** Something that must be on record whatever the level is. */
  audit(message: string, ...data: unknown[]): void;
  /** A logger whose lines form a group of their own. */
  fork(): Logger;
  /** This logger with another service, principal or least level. */
  with(settings: { service?: string; principal?: string; level?: LogLevel }): Logger;
  /** This logger, but its lines do not become events: for lines about events and log lines. */
  noRepublish(): Logger;
}

interface Settings {
  group: number;
  service: string;
  principal: string;
  level: LogLevel;
  ignorePublish: boolean;
  /** Where all lines are said to come from. */
  site?: CallSite;
}

/** Hands out group and sequence numbers: one of each for the whole process, as endpoints expect. */
export class LogSource {
  readonly #sink: (line: LogLine) => void;
  #group = 0;
  #sequence = 0;

  constructor(sink: (line: LogLine) => void) {
    this.#sink = sink;
  }

  logger(service: string, level: LogLevel = 'debug'): Logger {
    return new LineLogger(this, {
      group: this.nextGroup(),
      service,
      principal: '',
      level,
      ignorePublish: false,
    });
  }

  nextGroup(): number {
    this.#group += 1;
    return this.#group;
  }

  write(line: Omit<LogLine, 'Seq' | 'Time'>): void {
    this.#sequence += 1;
    const { Group, ...rest } = line;
    this.#sink({ Group, Seq: this.#sequence, Time: timestamp(), ...rest });
  }
}

class LineLogger implements Logger {
  readonly #source: LogSource;
  readonly #settings: Settings;

  constructor(source: LogSource, settings: Settings) {
    this.#source = source;
    this.#settings = settings;
  }

  trace(message: string, ...data: unknown[]): void {
    this.#write('trace', message, data);
  }

  debug(message: string, ...data: unknown[]): void {
    this.#write('debug', message, data);
  }

  info(message: string, ...data: unknown[]): void {
    this.#write('info', message, data);
  }

  warn(message: string, ...data: unknown[]): void {
    this.#write('warn', message, data);
  }

  error(message: string, ...data: unknown[]): void {
    this.#write('error', message, data);
  }

  fatal(message: string, ...data: unknown[]): void {
    this.#write('fatal', message, data);
  }

  panic(message: string, ...data: unknown[]): void {
    this.#write('panic', message, data);
  }

  audit(message: string, ...data: unknown[]): void {
    this.#write('audit', message, data);
  }

  fork(): Logger {
    return new LineLogger(this.#source, { ...this.#settings, group: this.#source.nextGroup() });
  }

  with(settings: { service?: string; principal?: string; level?: LogLevel }): Logger {
    return new LineLogger(this.#source, { ...this.#settings, ...settings });
  }

  noRepublish(): Logger {
    return new LineLogger(this.#source, { ...this.#settings, ignorePublish: true });
  }

  from(site: CallSite): Logger {
    return new LineLogger(this.#source, { ...this.#settings, site });
  }

  #write(level: LogLevel, message: string, data: unknown[]): void {
    const { group, service, principal, ignorePublish, site } = this.#settings;
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(this.#settings.level)) return;
    const { file, line } = site ?? callSite(2);
    this.#source.write({
      Group: group,
      Service: service,
      Principal: principal,
      Level: level,
      File: file,
      Line: line,
      // Of authors who write JavaScript, or cast: anything.
      Message: thrownMessage(message),
      Data: data.map(jsonable),
      IgnorePublish: ignorePublish,
    });
  }
}

/** A value as JSON can carry it: what cannot be encoded (a cycle, a BigInt) becomes its text. */
function jsonable(value: unknown): unknown {
  try {
    if (value instanceof Error && !('toJSON' in value)) return thrownMessage(value);
    return JSON.parse(JSON.stringify(value) ?? 'null');
  } catch {
    return thrownMessage(value);
  }
}

/** `log`, whose lines all come from `site`: to look where each comes from takes longer than all else of a line. */
export function linesFrom(site: CallSite, log: Logger): Logger {
  return log instanceof LineLogger ? log.from(site) : log;
}

/** A log line as one line of text. */
export function lineText(line: LogLine): string {
  const data = line.Data.length === 0 ? '' : ` ${JSON.stringify(line.Data)}`;
  const place = line.File === '' ? '' : ` ${line.File}:${line.Line}`;
  return `${line.Time} ${line.Level} ${line.Service}[${line.Group}:${line.Seq}]${place}: ${line.Message}${data}`;
}
