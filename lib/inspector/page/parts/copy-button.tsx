import { useState } from 'preact/hooks';

const SHOWN_MS = 1_500;

/** A button that copies `text` and shows the result. */
export function CopyButton({ text, label }: { text: () => string; label: string }) {
  const [outcome, setOutcome] = useState('');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text());
      setOutcome('Copied');
    } catch {
      setOutcome('The browser does not allow it');
    }
    setTimeout(() => setOutcome(''), SHOWN_MS);
  };
  return (
    <button type="button" onClick={copy}>
      {outcome || label}
      <span class="unseen" role="status">
        {outcome}
      </span>
    </button>
  );
}
