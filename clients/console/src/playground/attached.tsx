import { AudioLines, Image, type LucideIcon, Video, X } from 'lucide-react';
import { useText } from '../text/text.tsx';
import { type AttachmentKind, isShownImage, kindOf } from './attachment.ts';
import type { Attachment } from './draft.ts';
import { ImageButton } from './image-button.tsx';

const icons: Readonly<Record<AttachmentKind, LucideIcon>> = { image: Image, audio: AudioLines, video: Video };

interface AttachedProps {
  readonly attachments: readonly Attachment[];
  readonly onRemove?: (at: number) => void;
}

/** What goes with a question: images as they are, sounds and videos by their names. */
export function Attached({ attachments, onRemove }: AttachedProps) {
  const { t } = useText();
  if (attachments.length === 0) return null;
  return (
    <div className="thumbs">
      {attachments.map(({ name, url }, at) => {
        const kind = kindOf(url) ?? 'image';
        const Icon = icons[kind];
        const shown = name || t(`modality.${kind}`);
        return (
          <figure className="thumb" key={`${at}-${name}`}>
            {isShownImage(url) ? <ImageButton url={url} name={shown} /> : <Icon className="i" aria-hidden="true" />}
            <figcaption title={shown}>{shown}</figcaption>
            {onRemove ? (
              <button
                type="button"
                className="btn icon"
                aria-label={t('chat.removeFile', { name: shown })}
                onClick={() => onRemove(at)}
              >
                <X className="i" aria-hidden="true" />
              </button>
            ) : null}
          </figure>
        );
      })}
    </div>
  );
}
