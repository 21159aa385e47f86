/** The page of the documentation that lists the others. */
export const DOCS_INDEX = 'README';

/** Where the console shows a page of the documentation. */
export const docAddress = (name: string): string => (name === DOCS_INDEX ? '/docs' : `/docs/${name}`);
