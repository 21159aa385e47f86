export const root: string;
export function whenChanged(stamp: string, inputs: readonly string[], build: () => void): void;
