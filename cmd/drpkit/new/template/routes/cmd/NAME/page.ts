import type { Machine } from 'drp-plugins/api';

/** The page has neither scripts nor anything from elsewhere. */
export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

const STYLE = `
  :root { color-scheme: light dark; font: 1rem system-ui, sans-serif; }
  body { margin: 2rem auto; max-width: 50rem; padding: 0 1rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { border-bottom: 1px solid #8888; padding: 0.4rem; text-align: left; }
`;

export function page(title: string, machines: readonly Machine[]): string {
  const rows = machines.map(
    ({ Name, Stage, Runnable }) =>
      `<tr><td>${escaped(Name)}</td><td>${escaped(Stage)}</td><td>${Runnable ? 'yes' : 'no'}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
<h1>${escaped(title)}</h1>
<table>
<thead><tr><th scope="col">Name</th><th scope="col">Stage</th><th scope="col">Runnable</th></tr></thead>
<tbody>${rows.join('\n')}</tbody>
</table>
</html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
