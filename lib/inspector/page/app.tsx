import { Component, type ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { closeFeed, feedState, openFeed } from './feed.ts';
import { Login } from './login.tsx';
import { href, route } from './route.ts';
import { logOut, session } from './session.ts';
import { ActionsView } from './views/actions.tsx';
import { LiveView } from './views/live.tsx';
import { ObjectsView } from './views/objects.tsx';
import { PluginsView } from './views/plugins.tsx';

const VIEWS = [
  { name: 'plugins', title: 'Plugins', View: PluginsView },
  { name: 'actions', title: 'Actions', View: ActionsView },
  { name: 'live', title: 'Live', View: LiveView },
  { name: 'objects', title: 'Objects', View: ObjectsView },
] as const;

const FEED_WORDS = {
  off: 'not connected',
  connecting: 'connecting',
  live: 'live',
  lost: 'lost, connecting again',
} as const;

export function App() {
  const isOpen = session.value !== undefined;
  useEffect(() => {
    if (!isOpen) return undefined;
    openFeed();
    return closeFeed;
  }, [isOpen]);
  return isOpen ? <Shell /> : <Login />;
}

function Shell() {
  const [first = 'plugins', ...rest] = route.value;
  const { View, title, name } = VIEWS.find((view) => view.name === first) ?? VIEWS[0];
  const main = useRef<HTMLElement>(null);
  const shown = useRef(name);
  useEffect(() => {
    document.title = `${title} - Inspector`;
    // Moves the focus, for users of keyboards and screen readers.
    if (shown.current !== name) main.current?.focus();
    shown.current = name;
  }, [name, title]);
  const skip = () => main.current?.focus();
  return (
    <div class="shell">
      <button type="button" class="skip" onClick={skip}>
        Skip to the view
      </button>
      <header class="side">
        <p class="brand">
          <Mark />
          Inspector
        </p>
        <nav aria-label="Views">
          <ul class="views">
            {VIEWS.map((view) => (
              <li key={view.name}>
                <a href={href(view.name)} aria-current={view.name === name ? 'page' : undefined}>
                  {view.title}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <About />
      </header>
      <main ref={main} tabIndex={-1} aria-label={title}>
        <Boundary key={name}>
          <View path={rest} />
        </Boundary>
      </main>
    </div>
  );
}

function About() {
  const state = feedState.value;
  const { user, info } = session.value ?? {};
  return (
    <div class="about">
      <p class={`feed feed-${state}`} role="status">
        <span class="dot" aria-hidden="true" /> Events: {FEED_WORDS[state]}
      </p>
      <p class="wide">
        {info?.version} on {info?.os}/{info?.arch}
      </p>
      <p class="who">
        <span class="wide">{user}</span>
        <button type="button" class="plain" onClick={logOut}>
          Log out
        </button>
      </p>
    </div>
  );
}

/** The logo: a plug. */
function Mark() {
  return (
    <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M8 3v5M16 3v5M5 8h14v3a7 7 0 0 1-14 0zM12 18v3" />
    </svg>
  );
}

/** Catches errors of a view, so that the rest of the page keeps working. */
class Boundary extends Component<{ children: ComponentChildren }, { problem?: string }> {
  static override getDerivedStateFromError(error: unknown) {
    return { problem: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }

  override render() {
    const { problem } = this.state;
    if (problem === undefined) return this.props.children;
    return (
      <section class="problem" role="alert">
        <h1>This view has failed</h1>
        <p>That is a fault of the page. Reload it, and please report what stands here.</p>
        <pre>{problem}</pre>
      </section>
    );
  }
}
