import { useText } from '../text/text.tsx';

/** TinyChat knows these; it was trained in English only. */
const demoQuestions = ['Who are you?', 'What can you do?', 'Count slowly to ten.'];

interface FirstQuestionsProps {
  readonly isDemo: boolean;
  onAsk(text: string): void;
}

/** Questions for a chat that has none yet. A click asks one. */
export function FirstQuestions({ isDemo, onAsk }: FirstQuestionsProps) {
  const { t } = useText();
  const questions = isDemo ? demoQuestions : [t('first.explain'), t('first.write'), t('first.code')];
  return (
    <div className="first">
      <h2 className="h-page">{t('first.title')}</h2>
      <p className="muted">{t(isDemo ? 'first.demo' : 'first.lede')}</p>
      <ul>
        {questions.map((question) => (
          <li key={question}>
            <button type="button" className="btn" onClick={() => onAsk(question)}>
              {question}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
