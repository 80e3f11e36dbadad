import { useEffect, useRef, useState } from 'preact/hooks';
import { ask, EndpointError } from '../endpoint.ts';
import { fieldOf, read, textOf } from '../form/field.ts';
import { FormFields } from '../form/form.tsx';
import { sealer } from '../form/seal.ts';
import { useLoaded } from '../loaded.ts';
import { definitionsOf, type Param, type RawModel } from '../objects.ts';
import { Problem } from '../parts/problem.tsx';
import { Table } from '../parts/table.tsx';
import { href } from '../route.ts';

const LONGEST_LINE = 80;

interface Props {
  prefix: string;
  objectKey: string;
  object: RawModel;
}

/** The params of an object: its own, which can be changed, and inherited ones. */
export function ObjectParams({ prefix, objectKey, object }: Props) {
  const own = (object.Params ?? {}) as RawModel;
  const mark = JSON.stringify([own, object.Profiles, object.Stage]);
  const inherited = useLoaded(
    `aggregate ${prefix} ${objectKey} ${mark}`,
    (signal) => ask<RawModel>([prefix, objectKey, 'params'], { query: { aggregate: true }, signal }),
    { changes: ({ type }) => type === 'profiles' },
  );
  const all = { ...(inherited.value ?? {}), ...own };
  const names = Object.keys(all).sort();
  const definitions = useLoaded(`definitions ${names.join()}`, (signal) => definitionsOf(names, signal));
  const [edited, setEdited] = useState<string>();
  const opener = useRef<Element | null>(null);
  const edit = (name: string) => {
    opener.current = document.activeElement;
    setEdited(name);
  };
  const close = () => {
    setEdited(undefined);
    // Returns the focus to the opening element, if it still exists.
    if (opener.current instanceof HTMLElement) opener.current.focus();
  };
  return (
    <>
      {inherited.error && <Problem error={inherited.error} about="Inherited params could not be read" />}
      <Table
        caption="Params"
        columns={[{ title: 'Param' }, { title: 'Value' }, { title: 'Change', unseen: true }]}
        empty={names.length === 0 && 'It has no params.'}
      >
        {names.map((name) => {
          const isOwn = Object.hasOwn(own, name);
          return (
            <tr key={name}>
              <th scope="row" class="mono">
                <a href={href('objects', 'params', name)}>{name}</a>
                {!isOwn && <p class="soft small">inherited</p>}
              </th>
              <td class="mono value">
                <Value value={all[name]} param={definitions.value?.get(name)} />
              </td>
              <td class="controls">
                <button type="button" aria-label={`Change ${name}`} onClick={() => edit(name)}>
                  {isOwn ? 'Change' : 'Override'}
                </button>
              </td>
            </tr>
          );
        })}
      </Table>
      {edited === undefined ? (
        <AddParam onPick={edit} />
      ) : (
        <Editor
          key={edited}
          prefix={prefix}
          objectKey={objectKey}
          name={edited}
          now={own[edited]}
          isOwn={Object.hasOwn(own, edited)}
          onClose={close}
        />
      )}
    </>
  );
}

function Value({ value, param }: { value: unknown; param: Param | undefined }) {
  if (param?.Secure === true) return <span class="soft">secret, set</span>;
  const line = JSON.stringify(value);
  return <>{line.length > LONGEST_LINE ? JSON.stringify(value, null, 2) : line}</>;
}

function AddParam({ onPick }: { onPick: (name: string) => void }) {
  const [name, setName] = useState('');
  const known = useLoaded('names of params', (signal) =>
    ask<Param[]>(['params'], { query: { slim: 'Meta' }, signal }),
  );
  const submit = (event: Event) => {
    event.preventDefault();
    if (name.trim() !== '') onPick(name.trim());
  };
  return (
    <form class="bar" onSubmit={submit}>
      <label class="grow">
        Set
        <input
          class="mono"
          list="known-params"
          placeholder="Name of a param"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          value={name}
          onInput={({ currentTarget }) => setName(currentTarget.value)}
        />
      </label>
      <datalist id="known-params">
        {(known.value ?? []).map((param) => (
          <option key={param.Name} value={param.Name} />
        ))}
      </datalist>
      <button type="submit">Set a param</button>
    </form>
  );
}

function Editor({
  prefix,
  objectKey,
  name,
  now,
  isOwn,
  onClose,
}: {
  prefix: string;
  objectKey: string;
  name: string;
  now: unknown;
  isOwn: boolean;
  onClose: () => void;
}) {
  const definition = useLoaded(`definition ${name}`, (signal) => definitionsOf([name], signal));
  const [typed, setTyped] = useState<string>();
  const form = useRef<HTMLFormElement>(null);
  const isThere = definition.value !== undefined;
  useEffect(() => {
    form.current?.querySelector<HTMLElement>('input, select, textarea')?.focus();
  }, [isThere]);
  const [checked, setChecked] = useState(false);
  const [failure, setFailure] = useState<EndpointError>();
  if (definition.error) return <Problem error={definition.error} about="The param could not be read" />;
  if (definition.value === undefined) return <p class="soft">Loading</p>;

  const field = fieldOf(name, definition.value.get(name), true);
  const text = typed ?? (field.secure ? '' : textOf(field, now));
  const reading = read(field, text);
  // An empty field means an empty string here, since params can be removed by a button.
  const value = reading === undefined && field.kind === 'text' && !field.secure ? { value: '' } : reading;
  const problem = value === undefined ? 'Required' : 'problem' in value ? value.problem : undefined;

  const act = async (change: () => Promise<unknown>) => {
    setFailure(undefined);
    try {
      await change();
      onClose();
    } catch (error) {
      setFailure(EndpointError.from(error));
    }
  };
  const path = [prefix, objectKey, 'params', name];
  const save = (event: Event) => {
    event.preventDefault();
    setChecked(true);
    if (value === undefined || 'problem' in value) return;
    void act(async () => {
      const json = field.secure ? (await sealer(prefix, objectKey))(value.value) : value.value;
      await ask(path, { method: 'POST', json });
    });
  };
  const remove = () => void act(() => ask(path, { method: 'DELETE' }));
  return (
    <form ref={form} class="form panel" onSubmit={save} aria-label={`Param ${name}`}>
      <FormFields
        fields={[field]}
        texts={{ [name]: text }}
        problems={problem === undefined ? {} : { [name]: problem }}
        checked={checked}
        onText={(_name, next) => setTyped(next)}
        otherwise={() => undefined}
      />
      {failure && <Problem error={failure} about="The param was not changed" />}
      <div class="bar">
        <button type="submit" class="main">
          Save
        </button>
        {isOwn && (
          <button type="button" onClick={remove}>
            Remove
          </button>
        )}
        <button type="button" onClick={onClose}>
          Cancel
        </button>
      </div>
    </form>
  );
}
