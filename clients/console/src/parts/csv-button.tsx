import { Download } from 'lucide-react';
import { saveFile } from './save-file.ts';
import { toCsv } from './to-csv.ts';

interface CsvButtonProps {
  /** The name of the file. */
  readonly name: string;
  readonly rows: readonly object[];
}

/** Saves rows as a file of CSV. */
export function CsvButton({ name, rows }: CsvButtonProps) {
  return (
    <button type="button" className="btn" onClick={() => saveFile(name, toCsv(rows), 'text/csv')}>
      <Download className="i" aria-hidden="true" />
      CSV
    </button>
  );
}
