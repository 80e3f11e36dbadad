import type { Event } from '../../lib/models/index.ts';
import { changes } from './changes.ts';
import type { Links } from './links.ts';

/** An event in words, as plain text that is not escaped. */
export interface Description {
  /** Name of an emoji. */
  icon: string;
  /** `Machine created` */
  title: string;
  /** The object of the event: its name, and its page in the UX. */
  subject: string;
  page: string | undefined;
  /** The key and page of the machine that it happened on. */
  machine: { key: string; page: string | undefined } | undefined;
  /** Further lines. */
  details: string[];
}

const VERBS: Readonly<Record<string, string>> = {
  create: 'created',
  delete: 'deleted',
  update: 'updated',
  save: 'saved',
  configed: 'configured',
};

const ICONS: Readonly<Record<string, string>> = {
  create: 'new',
  delete: 'wastebasket',
  error: 'x',
  fatal: 'x',
  panic: 'x',
  warn: 'warning',
};

/** Describes `event`, whose secrets have been masked. */
export function describe(event: Event, failed: boolean, links: Links): Description {
  const { Type, Action, Key } = event;
  const object = fields(event.Object);
  const asked = isAction(object) ? fields(object.Model) : undefined;
  const about = asked ?? object;
  const machine = Type === 'jobs' ? text(object.Machine) : '';
  return {
    icon: failed ? 'x' : (ICONS[Action] ?? 'small_blue_diamond'),
    title: titleOf(event, failed, asked !== undefined),
    subject: (Type === 'jobs' && text(object.Task)) || text(about.Name) || text(about.Id) || Key,
    page: Action === 'delete' ? undefined : links.object(Type, Key),
    machine: machine === '' ? undefined : { key: machine, page: links.object('machines', machine) },
    details: detailsOf(event, failed, object),
  };
}

/** Whether the object is a `models.Action`: the event reports a call of an action. */
function isAction(object: Record<string, unknown>): boolean {
  return typeof object.Command === 'string' && typeof object.CommandSet === 'string';
}

function titleOf({ Type, Action }: Event, failed: boolean, asked: boolean): string {
  if (Type === 'log') return `Log: ${Action}`;
  const noun = nounOf(Type);
  if (failed) return `${noun} failed`;
  if (asked) return `${noun}: ${Action} was called`;
  const verb = VERBS[Action];
  return verb === undefined ? `${noun}: ${Action}` : `${noun} ${verb}`;
}

/** A readable type: `plugin_providers` becomes Plugin provider. */
function nounOf(type: string): string {
  const words = type.replaceAll(/[_-]/g, ' ');
  const one = words.endsWith('ies')
    ? `${words.slice(0, -3)}y`
    : words.endsWith('tches')
      ? words.slice(0, -2)
      : words.replace(/([^s])s$/, '$1');
  return one.charAt(0).toUpperCase() + one.slice(1);
}

function detailsOf(
  { Type, Action, Original }: Event,
  failed: boolean,
  object: Record<string, unknown>,
): string[] {
  if (Type === 'log') return [text(object.Message)].filter(Boolean);
  if (failed && Type === 'plugins')
    return Array.isArray(object.PluginErrors) ? object.PluginErrors.map(text) : [];
  if (Type === 'jobs')
    return said({ Stage: object.Stage, Workflow: object.Workflow, State: failed ? '' : object.State });
  if (Action === 'create' && Type === 'machines') {
    return said({ Address: object.Address, Workflow: object.Workflow, Stage: object.Stage });
  }
  return changes(Original, object);
}

/** `Task: a, Stage: b`, without empty values. */
function said(values: Readonly<Record<string, unknown>>): string[] {
  const parts = Object.entries(values).filter(([, value]) => text(value) !== '');
  return parts.length === 0 ? [] : [parts.map(([name, value]) => `${name}: ${text(value)}`).join(', ')];
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
