import { AppError } from '../../errors/app-error.ts';
import type { CatalogModel } from '../models/catalog.ts';

/** The error for a model of which no backend is configured. */
export function noBackend({ alias, missing }: CatalogModel): AppError {
  const advice = missing ?? 'Configure one in the models file.';
  return new AppError('no_backend', `No backend serves '${alias}'. ${advice}`, { param: 'model' });
}
