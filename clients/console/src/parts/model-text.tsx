import { lazy, Suspense } from 'react';

const Markdown = lazy(() => import('./markdown.tsx'));

/** What a model wrote. The library that marks it up is loaded with the first answer; until then the text stands as it is. */
export function ModelText({ text }: { text: string }) {
  return (
    <Suspense fallback={<p className="plain-answer">{text.slice(0, 10_000)}</p>}>
      <Markdown text={text} />
    </Suspense>
  );
}
