import { useState } from 'preact/hooks';
import { ask, EndpointError } from '../endpoint.ts';
import { FormFields } from '../form/form.tsx';
import { type Texts, valuesOf } from '../form/form-state.ts';
import { sealer } from '../form/seal.ts';
import type { PluginProvider, RawModel } from '../objects.ts';
import { Problem } from '../parts/problem.tsx';
import { show } from '../route.ts';
import { usePluginFields } from './configuration.tsx';

/** A form that creates a plugin of a provider, with the required params. */
export function MakePlugin({ provider, taken }: { provider: PluginProvider; taken: readonly string[] }) {
  const fields = usePluginFields(provider) ?? [];
  const [name, setName] = useState('');
  const [texts, setTexts] = useState<Texts>({});
  const [checked, setChecked] = useState(false);
  const [failure, setFailure] = useState<EndpointError>();
  const suggested = taken.includes(provider.Name) ? '' : provider.Name;
  const required = fields.filter((field) => field.required);
  const { values, problems } = valuesOf(
    required,
    texts,
    (param) => required.find((field) => field.name === param)?.default !== undefined,
  );
  const make = async (event: Event) => {
    event.preventDefault();
    setChecked(true);
    setFailure(undefined);
    const wanted = name.trim() || suggested;
    if (wanted === '' || Object.keys(problems).length > 0) return;
    const [open, secret] = [false, true].map((isSecret) =>
      Object.fromEntries(
        required.flatMap((field) =>
          field.secure === isSecret && Object.hasOwn(values, field.name)
            ? [[field.name, values[field.name]] as const]
            : [],
        ),
      ),
    );
    try {
      await ask(['plugins'], {
        method: 'POST',
        json: { Name: wanted, Provider: provider.Name, Params: open ?? {} },
      });
      await setSecrets(wanted, secret ?? {});
      show(['plugins', 'plugin', wanted]);
    } catch (error) {
      setFailure(EndpointError.from(error));
    }
  };
  return (
    <form class="form" onSubmit={make}>
      <div class="field">
        <label for="plugin-name">
          Name <span class="tag tag-strong">required</span>
        </label>
        <input
          id="plugin-name"
          class="mono"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          placeholder={suggested}
          aria-invalid={checked && name.trim() === '' && suggested === ''}
          value={name}
          onInput={({ currentTarget }) => setName(currentTarget.value)}
        />
      </div>
      <FormFields
        fields={required}
        texts={texts}
        problems={problems}
        checked={checked}
        onText={(param, text) => setTexts({ ...texts, [param]: text })}
        otherwise={(field) => field.default && `the default, ${JSON.stringify(field.default.value)}`}
      />
      {failure && <Problem error={failure} about="The plugin was not made, or not with all of its params" />}
      <div class="bar">
        <button type="submit">Make it</button>
      </div>
    </form>
  );
}

/** Secrets are encrypted with the object's key, so it must exist first. */
async function setSecrets(plugin: string, secrets: RawModel): Promise<void> {
  const entries = Object.entries(secrets);
  if (entries.length === 0) return;
  const seal = await sealer('plugins', plugin);
  for (const [name, value] of entries)
    await ask(['plugins', plugin, 'params', name], { method: 'POST', json: seal(value) });
}
