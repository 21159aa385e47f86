import { useMyChat } from './chat.ts';

export default function App() {
  const { messages, status, error, sendMessage, regenerate, stop } = useMyChat();
  const isBusy = status === 'submitted' || status === 'streaming';
  return (
    <>
      {messages.map(({ id, role, parts }) => (
        <article key={id} aria-label={role === 'user' ? 'Question' : 'Answer'}>
          {parts.map((part) => (part.type === 'text' ? part.text : null))}
        </article>
      ))}
      {error && (
        <p role="alert">
          {error.message}{' '}
          <button type="button" onClick={() => void regenerate()}>
            Try again
          </button>
        </p>
      )}
      <form
        action={(form) => {
          void sendMessage({ text: String(form.get('text')) });
        }}
      >
        <input name="text" aria-label="Message" autoComplete="off" required disabled={isBusy} />
        {isBusy && (
          <button type="button" onClick={() => void stop()}>
            Stop
          </button>
        )}
      </form>
    </>
  );
}
