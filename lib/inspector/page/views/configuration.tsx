import { useEffect, useMemo, useState } from 'preact/hooks';
import { ask, EndpointError } from '../endpoint.ts';
import { type Field, fieldOf, textOf } from '../form/field.ts';
import { FormFields } from '../form/form.tsx';
import { type Texts, valuesOf } from '../form/form-state.ts';
import { sealer } from '../form/seal.ts';
import { useLoaded } from '../loaded.ts';
import { definitionsOf, type Plugin, type PluginProvider, type RawModel } from '../objects.ts';
import { Problem } from '../parts/problem.tsx';

/** The fields of a provider's plugin params. */
export function usePluginFields(provider: PluginProvider): readonly Field[] | undefined {
  const { Name, Version, RequiredParams, OptionalParams } = provider;
  const required = RequiredParams ?? [];
  const names = [...new Set([...required, ...(OptionalParams ?? [])])];
  const { value } = useLoaded(`fields ${Name} ${Version} ${names.join()}`, (signal) =>
    definitionsOf(names, signal),
  );
  return useMemo(
    () => value && names.map((name) => fieldOf(name, value.get(name), required.includes(name))),
    [value],
  );
}

/** A form for the params of a plugin. Saving restarts it. */
export function Configuration({
  plugin,
  provider,
  onSaved,
}: {
  plugin: Plugin;
  provider: PluginProvider;
  onSaved: () => void;
}) {
  const fields = usePluginFields(provider);
  const params = plugin.Params ?? {};
  const [texts, setTexts] = useState<Texts>({});
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const [checked, setChecked] = useState(false);
  const [saving, setSaving] = useState<'no' | 'now' | 'done'>('no');
  const [failure, setFailure] = useState<EndpointError>();

  // Shows changes at the endpoint without overwriting the user's input.
  const stored = JSON.stringify(params);
  // Runs when another value is stored.
  useEffect(() => {
    if (fields === undefined) return;
    setTexts((before) =>
      Object.fromEntries(
        fields.map((field) => {
          const text = field.secure ? '' : textOf(field, params[field.name]);
          return [field.name, touched.has(field.name) ? (before[field.name] ?? '') : text];
        }),
      ),
    );
  }, [fields, stored]);

  if (fields === undefined) return <p class="soft">Loading</p>;
  if (fields.length === 0) return <p class="soft">The provider asks for no params.</p>;

  const isSet = (name: string) => Object.hasOwn(params, name);
  const supplied = (name: string) => {
    const field = fields.find((one) => one.name === name);
    return field?.default !== undefined || (field?.secure === true && isSet(name));
  };
  const { values, problems } = valuesOf(fields, texts, supplied);

  const save = async (event: Event) => {
    event.preventDefault();
    setChecked(true);
    setFailure(undefined);
    if (saving === 'now' || Object.keys(problems).length > 0) return;
    setSaving('now');
    try {
      await saveParams(plugin.Name, fields, values, touched, params);
      setTouched(new Set());
      setSaving('done');
      onSaved();
    } catch (error) {
      setFailure(EndpointError.from(error));
      setSaving('no');
    }
  };

  return (
    <form class="form" onSubmit={save}>
      <FormFields
        fields={fields}
        texts={texts}
        problems={problems}
        checked={checked}
        onText={(name, text) => {
          setTexts({ ...texts, [name]: text });
          setTouched(new Set(touched).add(name));
          setSaving('no');
        }}
        otherwise={(field) => {
          if (field.secure && isSet(field.name)) return 'it stays as it is';
          return field.default && `the default, ${JSON.stringify(field.default.value)}`;
        }}
      />
      {failure && <Problem error={failure} about="Nothing was changed" />}
      <div class="bar">
        <button type="submit" class="main" aria-disabled={saving === 'now' || touched.size === 0}>
          {saving === 'now' ? 'Saving' : 'Save and start anew'}
        </button>
        <span class="soft" role="status">
          {saving === 'done' && 'Saved.'}
          {saving === 'no' && touched.size > 0 && `${touched.size} changed`}
        </span>
      </div>
    </form>
  );
}

/** Saves all params at once, so that the plugin restarts only once. Throws EndpointError. */
async function saveParams(
  plugin: string,
  fields: readonly Field[],
  values: RawModel,
  touched: ReadonlySet<string>,
  before: RawModel,
): Promise<void> {
  const changed = fields.filter(({ name }) => touched.has(name));
  const isSecret = changed.some(({ name, secure }) => secure && Object.hasOwn(values, name));
  const seal = isSecret ? await sealer('plugins', plugin) : undefined;
  const operations = changed.flatMap(({ name, secure }) => {
    const path = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (Object.hasOwn(values, name)) {
      const value = secure && seal !== undefined ? seal(values[name]) : values[name];
      return [{ op: 'add', path, value }];
    }
    // The field of a secret is always empty at first, so that does not mean removal.
    return Object.hasOwn(before, name) && !secure ? [{ op: 'remove', path }] : [];
  });
  if (operations.length > 0) await ask(['plugins', plugin, 'params'], { method: 'PATCH', json: operations });
}
