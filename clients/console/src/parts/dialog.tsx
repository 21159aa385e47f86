import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import { type ReactNode, useRef } from 'react';
import { useText } from '../text/text.tsx';

interface DialogProps {
  readonly open: boolean;
  onClose(): void;
  readonly title: string;
  readonly lede?: ReactNode;
  readonly children: ReactNode;
  readonly foot?: ReactNode;
  readonly wide?: boolean;
}

/** What somebody fills in first. */
const FIELDS = 'input:not([type="hidden"]), textarea, select';

export function Dialog({ open, onClose, title, lede, children, foot, wide = false }: DialogProps) {
  const { t } = useText();
  const body = useRef<HTMLDivElement>(null);
  /** The first field, not the button that closes. A finger would bring up the keyboard with it, so that the default is left. */
  const findFirst = (by: string) =>
    by === 'touch' ? true : (body.current?.querySelector<HTMLElement>(FIELDS) ?? true);
  return (
    <Base.Root open={open} onOpenChange={(next) => (next ? undefined : onClose())}>
      <Base.Portal>
        <Base.Backdrop className="backdrop" />
        <div className="layer">
          <Base.Popup className={`dialog${wide ? ' wide' : ''}`} initialFocus={findFirst}>
            <div className="head">
              <Base.Title>{title}</Base.Title>
              <Base.Close className="btn ghost icon small" aria-label={t('common.close')}>
                <X className="i" aria-hidden="true" />
              </Base.Close>
              {lede ? <Base.Description className="muted">{lede}</Base.Description> : null}
            </div>
            <div className="body" ref={body}>
              {children}
            </div>
            {foot ? <div className="foot">{foot}</div> : null}
          </Base.Popup>
        </div>
      </Base.Portal>
    </Base.Root>
  );
}
