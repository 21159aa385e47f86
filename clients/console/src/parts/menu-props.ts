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

/** Something that is on or off, such as a column. The menu stays open for the next one. */
export interface MenuCheck {
  readonly label: string;
  readonly checked: boolean;
  onChange(): void;
}

export interface MenuProps {
  readonly trigger: ReactElement<ComponentProps<'button'>>;
  readonly actions?: readonly MenuAction[];
  readonly choice?: MenuChoice;
  readonly checks?: readonly MenuCheck[];
}
