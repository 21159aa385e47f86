import { useEffect, useState } from 'react';

/** The heading that the reader is below, by its anchor; null: none yet. */
export function useCurrentHeading(anchors: readonly string[]): string | null {
  const [current, setCurrent] = useState<string | null>(null);
  useEffect(() => {
    const headings = anchors.flatMap((anchor) => document.getElementById(anchor) ?? []);
    const look = () => {
      const passed = headings.findLast((heading) => heading.getBoundingClientRect().top < innerHeight / 4);
      setCurrent(passed?.id ?? null);
    };
    look();
    addEventListener('scroll', look, { passive: true });
    return () => removeEventListener('scroll', look);
  }, [anchors]);
  return current;
}
