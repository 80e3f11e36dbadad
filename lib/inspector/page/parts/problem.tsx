import type { EndpointError } from '../endpoint.ts';

/** An error of the endpoint with its object and all messages. */
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
