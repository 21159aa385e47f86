/** The version of a Claude model, such as 4.5; null when its name has none. */
interface Version {
  readonly major: number;
  readonly minor: number;
}

/** The version stands behind the family (`claude-opus-4-7`) or before it (`claude-3-7-sonnet-20250219`). */
function versionOf(model: string): Version | null {
  const version = /(?:^|[^\d])(\d)(?:[-.](\d{1,2}))?(?!\d)/.exec(model);
  return version && { major: Number(version[1]), minor: Number(version[2] ?? 0) };
}

function isSince(model: string, major: number, minor: number): boolean | null {
  const version = versionOf(model);
  return version && (version.major > major || (version.major === major && version.minor >= minor));
}

/** Models before Claude 4.6 want a budget, later ones refuse one. A name without a version is taken to be new, as below. */
export const thinksByBudget = (model: string): boolean => isSince(model, 4, 6) === false;

/** Models since Claude Opus 4.8 take turns of the role `system`. */
export const takesSystemTurns = (model: string): boolean => isSince(model, 4, 8) !== false;
