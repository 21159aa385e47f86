/** Matches Gemini 1 and 2, which have thinking budgets; later models have thinking levels. */
const BUDGETED = /(^|\/)gemini-[12]([.-]|$)/;

/** Whether the model takes `thinkingLevel` and the `mediaResolution` of a part, and demands its thought signatures. */
export const hasLevels = (model: string): boolean => !BUDGETED.test(model);
