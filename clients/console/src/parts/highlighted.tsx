import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import css from 'highlight.js/lib/languages/css';
import go from 'highlight.js/lib/languages/go';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import python from 'highlight.js/lib/languages/python';
import rust from 'highlight.js/lib/languages/rust';
import sql from 'highlight.js/lib/languages/sql';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';
import { useMemo } from 'react';

const languages = { bash, css, go, javascript, json, python, rust, sql, typescript, xml, yaml };
for (const [name, language] of Object.entries(languages)) hljs.registerLanguage(name, language);

const LONGEST = 20_000;
/** A line, or a stretch without a word, takes a time that grows with the square of its length. */
const tooLong = /[^\n]{500}|\s{300}/;

const isQuick = (code: string): boolean => code.length <= LONGEST && !tooLong.test(code);

/** Loaded when the first block of code is shown. highlight.js escapes what it is given. */
export default function Highlighted({ code, language }: { code: string; language: string }) {
  const html = useMemo(() => {
    if (!isQuick(code) || !hljs.getLanguage(language)) return null;
    return hljs.highlight(code, { language, ignoreIllegals: true }).value;
  }, [code, language]);
  if (html === null) return <code className="pad">{code}</code>;
  return <code className="pad" dangerouslySetInnerHTML={{ __html: html }} />;
}
