import { memo, useMemo } from 'react';
import { useText } from '../text/text.tsx';
import { CodeFigure } from './code-figure.tsx';
import { type Block, toBlocks } from './markdown-blocks.ts';
import { showControls } from './show-controls.ts';

/** Beyond this a text is shown as it is: marking it up would hold the page up. */
const LONGEST_MARKDOWN = 100_000;
const LONGEST_SHOWN = 400_000;

const CodeBlock = memo(function CodeBlock({ code, language }: { code: string; language: string }) {
  return <CodeFigure code={code} language={language} shown={showControls(code)} />;
});

const MarkdownBlock = memo(function MarkdownBlock({ block }: { block: Block }) {
  if (block.type === 'code') return <CodeBlock code={block.code} language={block.language} />;
  if (block.type === 'text') {
    return (
      <p className="as-is" dir="auto">
        {block.text}
      </p>
    );
  }
  // The markup is made by `toBlocks`, which escapes the model's own and lets DOMPurify pass what is left.
  return <div dir="auto" dangerouslySetInnerHTML={{ __html: block.html }} />;
});

function PlainText({ text }: { text: string }) {
  const { t } = useText();
  return (
    <div className="stack-2">
      <p className="small faint">{t('chat.tooLong')}</p>
      <pre className="plain-answer" tabIndex={0} role="region" aria-label={t('chat.answer')}>
        {showControls(text.slice(0, LONGEST_SHOWN))}
      </pre>
    </div>
  );
}

/** A model's text. It is hostile until proven otherwise: nothing in it runs, loads, or leaves its place. */
export function Markdown({ text }: { text: string }) {
  const isLong = text.length > LONGEST_MARKDOWN;
  const blocks = useMemo(() => (isLong ? [] : toBlocks(text)), [text, isLong]);
  if (isLong) return <PlainText text={text} />;
  return (
    <div className="prose">
      {blocks.map((block, at) => (
        <MarkdownBlock key={at} block={block} />
      ))}
    </div>
  );
}
