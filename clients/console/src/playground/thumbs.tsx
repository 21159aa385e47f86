import { X } from 'lucide-react';
import { useText } from '../text/text.tsx';
import type { Picture } from './draft.ts';

interface ThumbsProps {
  readonly pictures: readonly Picture[];
  readonly onRemove?: (at: number) => void;
}

const isInline = (url: string) => /^data:image\/(?:png|jpeg|gif|webp);base64,/.test(url);

export function Thumbs({ pictures, onRemove }: ThumbsProps) {
  const { t } = useText();
  if (pictures.length === 0) return null;
  return (
    <div className="thumbs">
      {pictures.map(({ name, url }, at) => (
        <figure className="thumb" key={`${at}-${name}`}>
          {isInline(url) ? <img src={url} alt={name || t('chat.picture')} /> : null}
          <figcaption>{name || t('chat.picture')}</figcaption>
          {onRemove ? (
            <button
              type="button"
              className="btn icon"
              aria-label={t('chat.removePicture', { name })}
              onClick={() => onRemove(at)}
            >
              <X className="i" aria-hidden="true" />
            </button>
          ) : null}
        </figure>
      ))}
    </div>
  );
}
