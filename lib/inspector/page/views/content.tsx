import { ask } from '../endpoint.ts';
import { useLoaded } from '../loaded.ts';
import type { RawModel } from '../objects.ts';
import { Documentation, DocumentationLine } from '../parts/documentation.tsx';
import { JsonText } from '../parts/json-text.tsx';
import { Problem } from '../parts/problem.tsx';
import { href } from '../route.ts';

interface Pack {
  meta: Record<string, unknown>;
  sections: Record<string, Record<string, RawModel>>;
}

/** The content pack of a provider: its objects with their documentation. */
export function Content({ name }: { name: string }) {
  const pack = useLoaded(`content ${name}`, (signal) => ask<Pack>(['contents', name], { signal }), {
    changes: ({ type, key }) => type === 'contents' && key === name,
  });
  if (pack.error) return <Problem error={pack.error} about="It has no content, or it could not be read" />;
  if (pack.value === undefined) return <p class="soft">Loading</p>;
  const { meta, sections } = pack.value;
  const types = Object.keys(sections).sort();
  return (
    <>
      <p class="soft">
        {text(meta.Description)} {types.length === 0 && 'It has no objects.'}
      </p>
      {types.map((type) => {
        const entries = Object.entries(sections[type] ?? {});
        return (
          <section key={type} aria-label={type}>
            <h2>
              {type} <span class="soft">{entries.length}</span>
            </h2>
            {entries.map(([key, object]) => (
              <details key={key} class="object">
                <summary>
                  <span class="mono">{key}</span>{' '}
                  <span class="soft">
                    <DocumentationLine text={text(object.Description)} />
                  </span>
                </summary>
                <Documentation text={text(object.Documentation)} />
                {object.Schema !== undefined && <JsonText value={object.Schema} />}
                <p>
                  <a href={href('objects', type, key)}>The whole object</a>
                </p>
              </details>
            ))}
          </section>
        );
      })}
    </>
  );
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
