import { useId, useMemo, useState } from 'preact/hooks';
import { ask } from '../endpoint.ts';
import { type Field, fieldOf, read, textOf } from '../form/field.ts';
import { FormFields } from '../form/form.tsx';
import { type Texts, valuesOf } from '../form/form-state.ts';
import { JsonEditor } from '../form/json-editor.tsx';
import { useLoaded } from '../loaded.ts';
import { definitionsOf, type RawModel } from '../objects.ts';
import { Problem } from '../parts/problem.tsx';
import { start } from '../run/runs.ts';

/** An action that a plugin offers. */
export interface Offer {
  plugin: string;
  command: string;
  model: string;
  required: readonly string[];
  optional: readonly string[];
}

/** Longer values are cut in hints. */
const LONGEST_MENTIONED = 60;
/** Up to this number, optional params are shown without expanding. */
const FEW = 3;
const MORE = fieldOf('more', { Name: 'more', Schema: { type: 'object' } }, false);

/** A form for the params of an action that runs it. */
export function RunForm({
  offer,
  prefix,
  objectKey,
  on,
  filled,
}: {
  offer: Offer;
  prefix: string;
  objectKey: string;
  on: string;
  /** The params of an earlier run. */
  filled: RawModel;
}) {
  const id = useId();
  const { plugin, command, required, optional } = offer;
  const names = [...new Set([...required, ...optional])];
  const definitions = useLoaded(`params ${plugin} ${command} ${names.join()}`, (signal) =>
    definitionsOf(names, signal),
  );
  const inherited = useInherited(prefix, objectKey, plugin);
  const fields = useMemo(
    () => names.map((name) => fieldOf(name, definitions.value?.get(name), required.includes(name))),
    [definitions.value],
  );
  const declared = new Set(names);
  const [texts, setTexts] = useState<Texts>(() => {
    const given = Object.entries(filled).filter(([name]) => !declared.has(name));
    return { [MORE.name]: given.length === 0 ? '' : JSON.stringify(Object.fromEntries(given), null, 2) };
  });
  const [checked, setChecked] = useState(false);
  const [open, setOpen] = useState(false);
  // The fields depend on the loaded definitions.
  const shown = useMemo(() => {
    const first = fields.flatMap((field) =>
      Object.hasOwn(filled, field.name) && !field.secure
        ? [[field.name, textOf(field, filled[field.name])]]
        : [],
    );
    return { ...Object.fromEntries(first), ...texts };
  }, [fields, texts]);

  if (definitions.error) return <Problem error={definitions.error} about="The params could not be read" />;
  if (definitions.value === undefined) return <p class="soft">Loading</p>;

  const source = (name: string) => inherited.find(({ params }) => Object.hasOwn(params, name));
  const supplied = (name: string) =>
    source(name) !== undefined || fields.find((field) => field.name === name)?.default !== undefined;
  const { values, problems } = valuesOf(fields, shown, supplied);
  const more = read(MORE, shown[MORE.name] ?? '');
  const moreProblem = more !== undefined && 'problem' in more ? more.problem : undefined;
  const lacksObject = prefix !== 'system' && objectKey === '';

  const submit = (event: Event) => {
    event.preventDefault();
    setChecked(true);
    if (Object.keys(problems).length > 0 || moreProblem !== undefined || lacksObject) {
      const form = event.currentTarget as HTMLFormElement;
      // After the errors are rendered.
      requestAnimationFrame(() => form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
      return;
    }
    const extra = more !== undefined && 'value' in more ? (more.value as RawModel) : {};
    const isSecret = new Set(fields.filter(({ secure }) => secure).map(({ name }) => name));
    const [plain, secret] = [false, true].map((wanted) =>
      Object.fromEntries(Object.entries(values).filter(([name]) => isSecret.has(name) === wanted)),
    );
    const call = {
      prefix,
      key: prefix === 'system' ? '' : objectKey,
      plugin,
      command,
      params: { ...extra, ...plain },
      secrets: Object.keys(secret ?? {}),
    };
    void start(call, secret ?? {}, on);
  };

  const rest = fields.filter((field) => !field.required);
  // Shown if there are few, or one has a value.
  const isOpen = open || rest.length <= FEW || rest.some(({ name }) => (shown[name] ?? '') !== '');
  const common = {
    texts: shown,
    problems,
    checked,
    onText: (name: string, text: string) => setTexts({ ...shown, [name]: text }),
    otherwise: (field: Field) => otherwiseOf(field, source(field.name)),
  };
  return (
    <form class="form run" onSubmit={submit} aria-label={command}>
      <h2>
        <span class="mono">{command}</span> <span class="soft">of {plugin}</span>
      </h2>
      <FormFields fields={fields.filter((field) => field.required)} {...common} />
      {fields.length === 0 && <p class="soft">It has no params.</p>}
      {rest.length > 0 && (
        <details open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
          <summary>
            {rest.length} optional {rest.length === 1 ? 'param' : 'params'}
          </summary>
          <FormFields fields={rest} {...common} />
        </details>
      )}
      <details open={(shown[MORE.name] ?? '') !== ''}>
        <summary>More params</summary>
        <label for={`${id}-more`} class="soft small">
          One JSON object that is passed on with the others
        </label>
        <JsonEditor
          id={`${id}-more`}
          value={shown[MORE.name] ?? ''}
          onValue={(text) => setTexts({ ...shown, [MORE.name]: text })}
          problem={moreProblem}
          placeholder="{}"
        />
      </details>
      <div class="bar">
        <button type="submit" class="main">
          Run
        </button>
        <span class="bad" role="status">
          {checked && lacksObject && 'Say on which object.'}
        </span>
      </div>
    </form>
  );
}

interface Source {
  /** A name for texts: `the machine`. */
  name: string;
  params: RawModel;
}

/** Sources of params that are not given: the object with its profiles, then the plugin. */
function useInherited(prefix: string, key: string, plugin: string): Source[] {
  const ofObject = useLoaded(
    `inherited ${prefix} ${key}`,
    key === '' || prefix === 'system'
      ? undefined
      : (signal) => ask<RawModel>([prefix, key, 'params'], { query: { aggregate: true }, signal }),
    { changes: ({ type, key: changed }) => (type === prefix && changed === key) || type === 'profiles' },
  );
  const ofPlugin = useLoaded(
    `inherited plugin ${plugin}`,
    (signal) => ask<RawModel>(['plugins', plugin, 'params'], { signal }),
    { changes: ({ type, key: changed }) => type === 'plugins' && changed === plugin },
  );
  return [
    { name: 'the object', params: ofObject.value ?? {} },
    { name: 'the plugin', params: ofPlugin.value ?? {} },
  ];
}

function otherwiseOf(field: Field, source: Source | undefined): string | undefined {
  if (source !== undefined)
    return field.secure
      ? `from ${source.name}`
      : `${mention(source.params[field.name])}, from ${source.name}`;
  if (field.default !== undefined) return `${mention(field.default.value)}, the default`;
  return undefined;
}

function mention(value: unknown): string {
  const text = JSON.stringify(value) ?? '';
  return text.length > LONGEST_MENTIONED ? `${text.slice(0, LONGEST_MENTIONED)}…` : text;
}
