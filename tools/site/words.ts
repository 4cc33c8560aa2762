/**
 * What the pages of the site say around their contents, in both languages.
 *
 * @module
 */

/** The languages of the site. */
export const LANGUAGES = ['en', 'es'] as const;
/** One of them. */
export type Language = (typeof LANGUAGES)[number];

const en = {
  language: 'English',
  site: 'Site',
  guide: 'The guide',
  reader: 'Perl and TypeScript',
  eliza: 'ELIZA',
  api: 'API',
  search: 'Search',
  contents: 'Contents',
  beside: 'Beside the guide',
  other: 'in Spanish',
  before: 'Previous',
  next: 'Next',
  pages: 'Pages before and after',
  table: 'table',
  chapter: 'ch.',
  chapter_long: 'Chapter',
  skip: 'To the text',
};

const es: typeof en = {
  language: 'Español',
  site: 'Sitio',
  guide: 'La guía',
  reader: 'Perl y TypeScript',
  eliza: 'ELIZA',
  api: 'API',
  search: 'Buscar',
  contents: 'Contenido',
  beside: 'Además de la guía',
  other: 'en inglés',
  before: 'Anterior',
  next: 'Siguiente',
  pages: 'Página anterior y siguiente',
  table: 'tabla',
  chapter: 'cap.',
  chapter_long: 'Capítulo',
  skip: 'Al texto',
};

/** The words, by language. */
export const words: Readonly<Record<Language, typeof en>> = { en, es };
