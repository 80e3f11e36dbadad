import { useEffect, useRef, useState } from 'preact/hooks';
import { EndpointError } from './endpoint.ts';
import { ended, logIn } from './session.ts';

export function Login() {
  const [user, setUser] = useState('rocketskates');
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  const password = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = 'Log in - Inspector';
    password.current?.focus();
  }, []);

  const submit = async (event: Event) => {
    event.preventDefault();
    const field = password.current;
    if (field === null || busy) return;
    setBusy(true);
    setProblem('');
    try {
      await logIn(user.trim(), field.value);
    } catch (error) {
      const { json, message } = EndpointError.from(error);
      const isWrong = json.Code === 401 || json.Code === 403;
      setProblem(isWrong ? 'User or password is not right.' : message);
      setBusy(false);
      field.select();
    }
  };

  return (
    <main class="login">
      <form onSubmit={submit}>
        <h1>Inspector</h1>
        <p class="soft">{location.host}</p>
        {ended.value !== '' && <p class="notice">{ended.value}</p>}
        <label>
          User
          <input
            name="user"
            autocomplete="username"
            autocapitalize="none"
            spellcheck={false}
            required
            value={user}
            onInput={({ currentTarget }) => setUser(currentTarget.value)}
          />
        </label>
        <label>
          Password
          <input
            ref={password}
            name="password"
            type="password"
            autocomplete="current-password"
            required
            aria-describedby="login-problem"
            aria-invalid={problem !== ''}
          />
        </label>
        <p id="login-problem" class="bad" role="alert">
          {problem}
        </p>
        <button type="submit" class="main" aria-disabled={busy}>
          {busy ? 'Logging in' : 'Log in'}
        </button>
        <p class="soft small">
          The endpoint printed the password of its first user when it was started the first time. It is not
          kept here.
        </p>
      </form>
    </main>
  );
}
