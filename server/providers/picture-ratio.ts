import type { PictureSize } from './provider.ts';

/** The aspect ratios that Gemini can make. Source: OpenRouter's and Google's image generation guides. */
const RATIOS = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'] as const;
/** How far the ratio of a size may be from one of these; 1792x1024 differs by 1.6 % from 16:9. */
const TOLERANCE = 0.05;

/**
 * The nearest ratio that Gemini can make, for a size such as `1024x1536`. Null: no ratio is near enough, or the text is
 * not a size.
 */
function nearestRatio(size: string): string | null {
  const [, width, height] = /^(\d{2,5})x(\d{2,5})$/.exec(size) ?? [];
  const asked = Number(width) / Number(height);
  const distance = (ratio: string) => {
    const [w, h] = ratio.split(':');
    return Math.abs(Math.log(asked / (Number(w) / Number(h))));
  };
  const nearest = RATIOS.toSorted((a, b) => distance(a) - distance(b))[0];
  return nearest && distance(nearest) < TOLERANCE ? nearest : null;
}

/** The size of a picture for Gemini's models, at Google and through OpenRouter: they take a ratio. */
export function toPictureRatio(size: string): PictureSize | null {
  const ratio = nearestRatio(size);
  return ratio === null ? null : { settings: { aspect_ratio: ratio }, applied: `size_as_aspect_ratio=${ratio}` };
}
