import { Check, Copy } from 'lucide-react';
import { type Ref, useEffect, useState } from 'react';
import { useText } from '../text/text.tsx';

const SHOWN_MS = 1_600;

interface CopyButtonProps {
  readonly text: string | (() => string);
  /** What is copied, for who hears the page. */
  readonly label: string;
  readonly iconOnly?: boolean;
  /** The text on the button; default: "Copy". */
  readonly shown?: string;
  /** For a key that presses it. */
  readonly ref?: Ref<HTMLButtonElement>;
}

async function copy(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Plain http on another host has no clipboard API.
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'sr';
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}

export function CopyButton({ text, label, iconOnly = false, shown, ref }: CopyButtonProps) {
  const { t } = useText();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const Icon = copied ? Check : Copy;
  return (
    <button
      ref={ref}
      type="button"
      className={`btn ghost small${iconOnly ? ' icon' : ''}`}
      aria-label={copied ? t('common.copied') : label}
      onClick={() => void copy(typeof text === 'string' ? text : text()).then(() => setCopied(true))}
    >
      <Icon className="i" aria-hidden="true" />
      {iconOnly ? null : <span className="wide-only">{copied ? t('common.copied') : (shown ?? t('common.copy'))}</span>}
    </button>
  );
}
