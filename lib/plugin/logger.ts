import { LOG_LEVELS, type LogLevel, type LogLine, timestamp } from '../models/index.ts';
import { type CallSite, callSite } from './call-site.ts';
import { thrownMessage } from './failure-text.ts';

/**
 * Writes lines to the endpoint's log. No method waits or throws: lines are queued and sent in order. Never log a
 * secret: the endpoint stores lines and turns them into events.
 */
export interface Logger {
  trace(message: string, ...data: unknown[]): void;
  debug(message: string, ...data: unknown[]): void;
  info(message: string, ...data: unknown[]): void;
  warn(message: string, ...data: unknown[]): void;
  error(message: string, ...data: unknown[]): void;
  /** Marks the line as fatal. The plugin goes on; to fail, throw. */
  fatal(message: string, ...data: unknown[]): void;
  /** Marks the line as a panic. The plugin goes on. */
  panic(message: string, ...data: unknown[]): void;
  /** For what must be on record whatever the log level is. */
  audit(message: string, ...data: unknown[]): void;
  /** A logger with a new group number for its lines. */
  fork(): Logger;
  /** A copy of this logger with another service, principal or minimum level. */
  with(settings: { service?: string; principal?: string; level?: LogLevel }): Logger;
  /** A copy of this logger whose lines do not become events: for lines about events. */
  noRepublish(): Logger;
}

interface Settings {
  group: number;
  service: string;
  principal: string;
  level: LogLevel;
  ignorePublish: boolean;
  /** The call site for all lines of the logger. Default: the place of each call. */
  site?: CallSite;
}

/** Hands out group and sequence numbers. There is one for the whole process, as endpoints expect. */
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

  write(group: number, line: Omit<LogLine, 'Group' | 'Seq' | 'Time'>): void {
    this.#sequence += 1;
    this.#sink({ Group: group, Seq: this.#sequence, Time: timestamp(), ...line });
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
    this.#source.write(group, {
      Service: service,
      Principal: principal,
      Level: level,
      File: file,
      Line: line,
      // Untyped callers can pass anything, also values whose conversion throws.
      Message: thrownMessage(message),
      Data: data.map(jsonable),
      IgnorePublish: ignorePublish,
    });
  }
}

/** A value that can be encoded as JSON: a cycle or a BigInt is replaced by its text. */
function jsonable(value: unknown): unknown {
  try {
    if (value instanceof Error && !('toJSON' in value)) return thrownMessage(value);
    return JSON.parse(JSON.stringify(value) ?? 'null');
  } catch {
    return thrownMessage(value);
  }
}

/**
 * A copy of `log` that gives `site` as the place of all lines. Finding the place of each call takes longer than the
 * rest of a line.
 */
export function linesFrom(site: CallSite, log: Logger): Logger {
  return log instanceof LineLogger ? log.from(site) : log;
}

/** A log line as one line of text. */
export function lineText(line: LogLine): string {
  const data = line.Data.length === 0 ? '' : ` ${JSON.stringify(line.Data)}`;
  const place = line.File === '' ? '' : ` ${line.File}:${line.Line}`;
  return `${line.Time} ${line.Level} ${line.Service}[${line.Group}:${line.Seq}]${place}: ${line.Message}${data}`;
}
