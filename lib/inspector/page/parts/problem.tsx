import type { EndpointError } from '../endpoint.ts';

/** A failure as the endpoint told it: what it is about, and all of its messages. */
export function Problem({ error, about }: { error: EndpointError; about?: string }) {
  const { Code, Type, Model, Key, Messages } = error.json;
  const place = [Model, Key].filter((part) => part !== '').join('/');
  const messages = Messages ?? [];
  return (
    <div class="problem" role="alert">
      <p>
        <strong>{about ?? 'That failed'}</strong>{' '}
        <span class="soft">
          {[Code > 0 ? `${Code}` : '', Type, place].filter((part) => part !== '').join(' · ')}
        </span>
      </p>
      {messages.length === 1 ? (
        <p class="mono">{messages[0]}</p>
      ) : (
        <ul class="mono">
          {messages.map((message) => (
            <li key={message}>{message}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
