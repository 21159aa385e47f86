import { useText } from '../text/text.tsx';
import type { Attachment } from './draft.ts';
import { toOriginal } from './read-file.ts';

interface ShrunkImagesProps {
  readonly attachments: readonly Attachment[];
  onChange(attachments: readonly Attachment[]): void;
}

/** Says which images were made smaller, and offers to send the originals. */
export function ShrunkImages({ attachments, onChange }: ShrunkImagesProps) {
  const { t } = useText();
  return attachments.map((attachment, at) =>
    attachment.shrunk ? (
      <p key={`${at}-${attachment.name}`} className="row wrap small faint">
        {t('chat.shrunk', { name: attachment.name, from: attachment.shrunk.from, to: attachment.shrunk.to })}
        <button
          type="button"
          className="linkish"
          onClick={() => onChange(attachments.with(at, toOriginal(attachment)))}
        >
          {t('chat.sendOriginal')}
        </button>
      </p>
    ) : null,
  );
}
