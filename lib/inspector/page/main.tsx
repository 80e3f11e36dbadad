import { render } from 'preact';

function Page() {
  return (
    <main>
      <h1>Inspector</h1>
    </main>
  );
}

const root = document.getElementById('app');
if (root !== null) render(<Page />, root);
