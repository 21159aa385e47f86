import { type ErrorList, errorCatalog, errorCodes } from '../../../contracts/errors.ts';

/** `GET /errors` */
export function listErrors(): ErrorList {
  return {
    entries: errorCodes.map((code) => {
      const row = errorCatalog[code];
      return {
        code,
        type: row.type,
        http_status: row.status,
        title: row.title,
        description: row.description,
        remediation: row.remediation,
        typical_param: 'typicalParam' in row ? row.typicalParam : null,
      };
    }),
  };
}
