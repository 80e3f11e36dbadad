import { useRef } from 'preact/hooks';
import { brokenAt } from './field.ts';

interface Props {
  id: string;
  value: string;
  onValue: (text: string) => void;
  /** An error to show when the JSON is well-formed. */
  problem?: string | undefined;
  describedBy?: string;
  placeholder?: string;
  required?: boolean;
  /** Inserts the schema's members, if it names any. */
  onSkeleton?: (() => void) | undefined;
}

const MOST_LINES = 16;
const LEAST_LINES = 3;

/** An editor for JSON: shows syntax errors and jumps to them, keeps the indentation, and formats the text. */
export function JsonEditor({
  id,
  value,
  onValue,
  problem,
  describedBy,
  placeholder,
  required,
  onSkeleton,
}: Props) {
  const area = useRef<HTMLTextAreaElement>(null);
  const broken = value.trim() === '' ? undefined : brokenAt(value);
  const lines = value.split('\n').length + 1;

  const goTo = () => {
    const { current } = area;
    if (current === null || broken === undefined) return;
    current.focus();
    current.setSelectionRange(broken.offset, broken.offset + 1);
  };
  const indent = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const field = event.currentTarget as HTMLTextAreaElement;
    const before = field.value.slice(0, field.selectionStart);
    const line = before.slice(before.lastIndexOf('\n') + 1);
    const [spaces = ''] = /^\s*/.exec(line) ?? [];
    const deeper = /[[{]\s*$/.test(line) ? '  ' : '';
    event.preventDefault();
    field.setRangeText(`\n${spaces}${deeper}`, field.selectionStart, field.selectionEnd, 'end');
    onValue(field.value);
  };
  const layOut = () => onValue(JSON.stringify(JSON.parse(value), null, 2));

  return (
    <div class="json-editor">
      <textarea
        ref={area}
        id={id}
        class="mono"
        rows={Math.min(MOST_LINES, Math.max(LEAST_LINES, lines))}
        spellcheck={false}
        autocapitalize="none"
        placeholder={placeholder}
        value={value}
        aria-required={required}
        aria-invalid={broken !== undefined || problem !== undefined}
        aria-describedby={`${id}-json ${describedBy ?? ''}`.trim()}
        onInput={({ currentTarget }) => onValue(currentTarget.value)}
        onKeyDown={indent}
      />
      <div class="json-bar">
        <p id={`${id}-json`} class="bad" role="status">
          {broken?.message ?? problem}
        </p>
        {broken && (
          <button type="button" class="plain" onClick={goTo}>
            Go there
          </button>
        )}
        {!broken && value.trim() !== '' && (
          <button type="button" class="plain" onClick={layOut}>
            Lay out
          </button>
        )}
        {onSkeleton && value.trim() === '' && (
          <button type="button" class="plain" onClick={onSkeleton}>
            Fill in its members
          </button>
        )}
      </div>
    </div>
  );
}
