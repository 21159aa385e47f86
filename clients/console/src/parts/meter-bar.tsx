interface MeterBarProps {
  /** From 0 to 1; what is above is shown as full. */
  readonly share: number;
  readonly kind?: 'warn' | 'bad' | undefined;
}

/** How much of something is used or past. The numbers stand beside it, so it is only drawn. */
export function MeterBar({ share, kind }: MeterBarProps) {
  return (
    <svg
      className={`chart meter-bar${kind ? ` ${kind}` : ''}`}
      viewBox="0 0 100 4"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <rect className="of" width="100" height="4" rx="2" />
      <rect className="is" width={Math.min(1, share) * 100} height="4" rx="2" />
    </svg>
  );
}
