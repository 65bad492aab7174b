import { useRef, useState } from 'preact/hooks';
import { ApiError } from '../api/client.ts';
import { Mark } from '../ui/icon.tsx';
import { signIn } from './session.ts';

/** Asks for a key. It is exchanged for a session of this browser and kept nowhere. */
export function Login() {
  const field = useRef<HTMLInputElement>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);

  const submit = async (event: Event) => {
    event.preventDefault();
    const input = field.current;
    if (input === null || isBusy) return;
    setBusy(true);
    setFault(null);
    try {
      await signIn(input.value.trim());
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFault(error.message.replace(/^Unauthorized: /, ''));
      input.focus();
      input.select();
    } finally {
      setBusy(false);
    }
  };

  return (
    <main class="login" id="main">
      <p class="brand">
        <Mark /> Raceway
      </p>
      <form class="card" onSubmit={submit}>
        <h1>This server asks for a key</h1>
        <p class="muted">
          Any key with the scope <code>read</code>. It is exchanged for a session of this browser
          and not kept here.
        </p>
        <label for="key">Key</label>
        <input
          ref={field}
          id="key"
          type="password"
          autocomplete="current-password"
          placeholder="rwk_…"
          spellcheck={false}
          required
          aria-invalid={fault !== null}
          aria-describedby="key-fault"
        />
        <p id="key-fault" class="fault" role="alert">
          {fault !== null && <>▲ {fault}</>}
        </p>
        <button type="submit" class="main" disabled={isBusy}>
          {isBusy ? 'Opening…' : 'Open'}
        </button>
      </form>
      <p class="muted">
        No key yet? <code>raceway keygen --name me --scopes read</code>
      </p>
    </main>
  );
}
