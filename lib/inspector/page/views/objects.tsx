import { useState } from 'preact/hooks';
import { ask } from '../endpoint.ts';
import { useLoaded } from '../loaded.ts';
import { keyOf, nameOf, type RawModel } from '../objects.ts';
import { ObjectState } from '../parts/object-state.tsx';
import { Problem } from '../parts/problem.tsx';
import { Table } from '../parts/table.tsx';
import { hasWords } from '../parts/words.ts';
import { href, show } from '../route.ts';
import { ObjectView } from './object.tsx';

const PAGE = 100;

/** `objects/PREFIX/KEY/PART`. */
export function ObjectsView({ path }: { path: readonly string[] }) {
  const [prefix = 'machines', key = '', part = ''] = path;
  if (key !== '') return <ObjectView key={`${prefix} ${key}`} prefix={prefix} objectKey={key} part={part} />;
  return <List key={prefix} prefix={prefix} />;
}

function List({ prefix }: { prefix: string }) {
  const [pages, setPages] = useState(1);
  const [search, setSearch] = useState('');
  const prefixes = useLoaded('prefixes', (signal) => ask<string[]>(['objects'], { signal }));
  const list = useLoaded(
    `list ${prefix} ${pages}`,
    (signal) =>
      ask<RawModel[]>([prefix], { query: { limit: pages * PAGE + 1, slim: 'Params,Meta' }, signal }),
    { changes: ({ type }) => type === prefix },
  );
  const all = list.value ?? [];
  const loaded = all.slice(0, pages * PAGE);
  const words = hasWords(search);
  const shown = loaded.filter((object) => {
    const text = `${nameOf(object)} ${keyOf(object)} ${describe(object)}`;
    return words === undefined || words(text);
  });
  const names = prefixes.value ?? [];
  return (
    <>
      <h1>Objects</h1>
      {list.error && <Problem error={list.error} about="The list could not be read" />}
      <div class="bar">
        <label>
          Type
          <select value={prefix} onChange={({ currentTarget }) => show(['objects', currentTarget.value])}>
            {!names.includes(prefix) && <option>{prefix}</option>}
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label class="grow">
          <span class="unseen">Words in name and description</span>
          <input
            class="mono"
            type="search"
            placeholder="Words in name and description"
            value={search}
            onInput={({ currentTarget }) => setSearch(currentTarget.value)}
          />
        </label>
        <span class="soft count" role="status">
          {list.value &&
            `${shown.length} of ${loaded.length}${all.length > loaded.length ? ', and more' : ''}`}
        </span>
      </div>
      {list.value && (
        <Table
          caption={prefix}
          columns={[{ title: 'Name' }, { title: 'State' }, { title: 'Description', class: 'wide' }]}
          empty={
            shown.length === 0 &&
            (words === undefined ? 'There are none.' : 'There are none with these words.')
          }
        >
          {shown.map((object) => {
            const key = keyOf(object);
            return (
              <tr key={key}>
                <th scope="row" class="mono">
                  <a href={href('objects', prefix, key)}>{nameOf(object)}</a>
                </th>
                <td>
                  <ObjectState object={object} />
                </td>
                <td class="wide soft">{describe(object)}</td>
              </tr>
            );
          })}
        </Table>
      )}
      {all.length > loaded.length && (
        <div class="bar">
          <button type="button" onClick={() => setPages(pages + 1)}>
            {PAGE} more
          </button>
        </div>
      )}
    </>
  );
}

function describe(object: RawModel): string {
  const parts = [object.Description, object.Task, object.Workflow, object.Address, object.Provider];
  return parts.filter((part) => typeof part === 'string' && part !== '').join(' · ');
}
