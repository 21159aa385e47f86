import { Dialog as Base } from '@base-ui/react/dialog';
import type { ReactNode } from 'react';

export interface SheetProps {
  readonly open: boolean;
  onClose(): void;
  readonly label: string;
  /** The edge that it comes from. */
  readonly side: 'start' | 'end';
  readonly className?: string;
  readonly children: ReactNode;
}

/** On a narrow screen, shows from an edge what stands beside the page on a wide one. */
export default function OpenedSheet({ open, onClose, label, side, className = 'sheet', children }: SheetProps) {
  return (
    <Base.Root open={open} onOpenChange={(next) => (next ? undefined : onClose())}>
      <Base.Portal>
        <Base.Backdrop className="backdrop" />
        <Base.Popup className={`dialog ${className}${side === 'start' ? ' start' : ''}`} aria-label={label}>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
