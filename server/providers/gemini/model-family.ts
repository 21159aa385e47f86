/** Gemini 1 and 2, which have thinking budgets; what came after them has thinking levels. */
const BUDGETED = /(^|\/)gemini-[12]([.-]|$)/;

/** Whether the model takes `thinkingLevel`, `mediaResolution` of a part, and insists on its thought signatures. */
export const hasLevels = (model: string): boolean => !BUDGETED.test(model);
