import type { ComponentProps, ReactElement } from 'react';

export interface MenuAction {
  readonly label: string;
  onSelect(): void;
  readonly danger?: boolean;
}

/** One of several, such as a language. */
export interface MenuChoice {
  readonly value: string;
  readonly options: readonly (readonly [string, string])[];
  onChange(value: string): void;
}

export interface MenuProps {
  readonly trigger: ReactElement<ComponentProps<'button'>>;
  readonly actions?: readonly MenuAction[];
  readonly choice?: MenuChoice;
}
