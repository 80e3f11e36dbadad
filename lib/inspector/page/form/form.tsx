import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { Documentation, DocumentationLine } from '../parts/documentation.tsx';
import { type Field, skeleton, textOf } from './field.ts';
import type { Texts } from './form-state.ts';
import { JsonEditor } from './json-editor.tsx';

export interface FormProps {
  fields: readonly Field[];
  texts: Texts;
  onText: (name: string, text: string) => void;
  /** Errors by field; shown once `checked`. */
  problems: Readonly<Record<string, string>>;
  checked: boolean;
  /** The value that is used when a field is empty, and its source. */
  otherwise: (field: Field) => string | undefined;
}

/** Input fields for params, made from their schemas. */
export function FormFields({ fields, ...rest }: FormProps) {
  return (
    <>
      {fields.map((field) => (
        <FormField key={field.name} field={field} {...rest} />
      ))}
    </>
  );
}

function FormField({
  field,
  texts,
  onText,
  problems,
  checked,
  otherwise,
}: Omit<FormProps, 'fields'> & { field: Field }) {
  const id = useId();
  const text = texts[field.name] ?? '';
  const problem = problems[field.name];
  // Invalid values are shown immediately, missing ones only after an attempt to submit.
  const shown = problem !== undefined && (checked || text !== '') ? problem : undefined;
  const instead = otherwise(field);
  // Other fields show it as placeholder.
  const isSaid = instead !== undefined && text === '' && (field.secure || field.kind === 'json');
  const describedBy = `${id}-about`;
  return (
    <div class="field">
      <label for={id}>
        <span class="mono">{field.name}</span>
        <span class={field.required ? 'tag tag-strong' : 'tag'}>
          {field.required ? 'required' : 'optional'}
        </span>
        {field.secure && <span class="tag">secret</span>}
      </label>
      <About field={field} id={describedBy} instead={isSaid ? instead : undefined} />
      <Control
        field={field}
        id={id}
        text={text}
        describedBy={`${describedBy} ${id}-problem`}
        problem={shown}
        instead={instead}
        onText={(value) => onText(field.name, value)}
      />
      {field.kind !== 'json' || field.secure ? (
        <p id={`${id}-problem`} class="bad small">
          {shown}
        </p>
      ) : null}
    </div>
  );
}

/** The label of a field, which opens its documentation if there is some. */
function About({ field, id, instead }: { field: Field; id: string; instead: string | undefined }) {
  const { description, about, documentation } = field;
  const line = (
    <>
      {description !== '' && (
        <>
          <DocumentationLine text={description} />
          {'. '}
        </>
      )}
      <span class="type">{about}</span>
      {instead !== undefined && ` Left empty: ${instead}`}
    </>
  );
  if (documentation.trim() === '')
    return (
      <p id={id} class="soft small">
        {line}
      </p>
    );
  return (
    <details>
      <summary id={id}>{line}</summary>
      <Documentation text={documentation} />
    </details>
  );
}

interface ControlProps {
  field: Field;
  id: string;
  text: string;
  describedBy: string;
  problem: string | undefined;
  instead: string | undefined;
  onText: (text: string) => void;
}

function Control({
  field,
  id,
  text,
  describedBy,
  problem,
  instead,
  onText,
}: ControlProps): ComponentChildren {
  const common = {
    id,
    'aria-describedby': describedBy,
    'aria-invalid': problem !== undefined,
    'aria-required': field.required,
  };
  if (field.secure) {
    return (
      <input
        {...common}
        type="password"
        // Keeps browsers from filling in or saving a password.
        autocomplete="new-password"
        class="mono"
        value={text}
        onInput={({ currentTarget }) => onText(currentTarget.value)}
      />
    );
  }
  switch (field.kind) {
    case 'flag':
    case 'choice': {
      const choices = field.kind === 'flag' ? ['true', 'false'] : field.choices;
      return (
        <select {...common} value={text} onChange={({ currentTarget }) => onText(currentTarget.value)}>
          <option value="">{instead ?? 'not given'}</option>
          {choices.map((choice) => (
            <option key={choice} value={choice}>
              {choice.replace(/^"(.*)"$/s, '$1') || '(empty)'}
            </option>
          ))}
        </select>
      );
    }
    case 'json': {
      const template = skeleton(field.schema);
      return (
        <JsonEditor
          id={id}
          value={text}
          onValue={onText}
          problem={problem}
          describedBy={describedBy}
          required={field.required}
          onSkeleton={template === undefined ? undefined : () => onText(textOf(field, template))}
        />
      );
    }
    default:
      return (
        <input
          {...common}
          class="mono"
          inputmode={field.kind === 'number' ? 'decimal' : undefined}
          placeholder={instead}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          value={text}
          onInput={({ currentTarget }) => onText(currentTarget.value)}
        />
      );
  }
}
