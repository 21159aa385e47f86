import { useEffect, useState } from 'react';

/** The anchor of the heading whose section is being read; null: the page is above the first one. */
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
