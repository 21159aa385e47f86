/** The day of UTC, and the first one of its month. */
export const daysOf = (at: Date): { day: string; month: string } => {
  const day = at.toISOString().slice(0, 10);
  return { day, month: `${day.slice(0, 7)}-01` };
};
