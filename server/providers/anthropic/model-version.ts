/** The version of a Claude model, such as 4.5; null when its name has none. */
interface Version {
  readonly major: number;
  readonly minor: number;
}

/**
 * Reads the version, which stands behind the family (`claude-opus-4-7`) or before it (`claude-3-7-sonnet-20250219`).
 */
function versionOf(model: string): Version | null {
  const version = /(?:^|[^\d])(\d)(?:[-.](\d{1,2}))?(?!\d)/.exec(model);
  return version && { major: Number(version[1]), minor: Number(version[2] ?? 0) };
}

function isSince(model: string, major: number, minor: number): boolean | null {
  const version = versionOf(model);
  return version && (version.major > major || (version.major === major && version.minor >= minor));
}

/**
 * Whether thinking is limited by a budget: models before Claude 4.6 need one, later ones refuse it. A name without a
 * version counts as new, here and below.
 */
export const thinksByBudget = (model: string): boolean => isSince(model, 4, 6) === false;

/** Whether the model takes turns of the role `system`, as models do since Claude Opus 4.8. */
export const takesSystemTurns = (model: string): boolean => isSince(model, 4, 8) !== false;
