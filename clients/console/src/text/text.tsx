import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import type { TextKey } from './en.ts';
import { createFillIn, type Values } from './fill-in.ts';
import { createFormats, type Formats } from './formats.ts';

export const languages = { en: 'English', de: 'Deutsch', vi: 'Tiếng Việt' } as const;
export type Language = keyof typeof languages;

type Dictionary = Record<TextKey, string>;

/** Each is loaded when it is chosen. */
const loaders: Record<Language, () => Promise<Dictionary>> = {
  en: async () => (await import('./en.ts')).en,
  de: async () => (await import('./de.ts')).de,
  vi: async () => (await import('./vi.ts')).vi,
};
const STORED = 'duplex-language';

const isLanguage = (name: string | null | undefined): name is Language =>
  name != null && Object.hasOwn(languages, name);

/** The reader's switch, else the first language of the browser that there is. */
function firstLanguage(): Language {
  const stored = localStorage.getItem(STORED);
  if (isLanguage(stored)) return stored;
  return navigator.languages.map((tag) => tag.split('-')[0]).find(isLanguage) ?? 'en';
}

export interface Text extends Formats {
  readonly language: Language;
  setLanguage(language: Language): void;
  t(key: TextKey, values?: Values): string;
}

const TextContext = createContext<Text | null>(null);

interface Chosen {
  readonly language: Language;
  readonly dictionary: Dictionary;
}

const load = async (language: Language): Promise<Chosen> => ({ language, dictionary: await loaders[language]() });

/** What the first page is shown in. */
export const loadText = (): Promise<Chosen> => load(firstLanguage());

export function TextProvider({ first, children }: { first: Chosen; children: ReactNode }) {
  const [{ language, dictionary }, choose] = useState(first);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const text = useMemo<Text>(() => {
    const fillIn = createFillIn(language);
    return {
      language,
      setLanguage(next) {
        localStorage.setItem(STORED, next);
        void load(next).then(choose);
      },
      t: (key, values) => fillIn(dictionary[key], values),
      ...createFormats(language),
    };
  }, [language, dictionary]);
  return <TextContext value={text}>{children}</TextContext>;
}

export function useText(): Text {
  const text = useContext(TextContext);
  if (!text) throw new Error('There is no TextProvider above.');
  return text;
}
