import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { CodedText } from '../../parts/coded-text.tsx';
import { isObject } from '../../parts/json.ts';
import { useText } from '../../text/text.tsx';
import { resolve, type Schema, typeOf } from './read-openapi.ts';

interface SchemaViewProps {
  readonly document: Schema;
  readonly schema: Schema;
}

const objects = (value: unknown): readonly Schema[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** The object inside a schema, where there is one: itself, the items of a list, or a choice that is one. */
function objectsIn(document: Schema, given: Schema): Schema[] {
  const schema = resolve(document, given);
  if (isObject(schema.properties)) return [schema];
  if (isObject(schema.items)) return objectsIn(document, schema.items);
  return [...objects(schema.oneOf), ...objects(schema.anyOf), ...objects(schema.allOf)].flatMap((one) =>
    objectsIn(document, one),
  );
}

interface FieldRowProps {
  readonly document: Schema;
  readonly name: string;
  readonly schema: Schema;
  readonly required: boolean;
}

function FieldRow({ document, name, schema, required }: FieldRowProps) {
  const { t } = useText();
  const [open, setOpen] = useState(false);
  const resolved = resolve(document, schema);
  const inside = objectsIn(document, schema);
  const description = typeof resolved.description === 'string' ? resolved.description : '';
  return (
    <li className="ref-field">
      <div className="row wrap">
        {inside.length > 0 ? (
          <button type="button" className="btn ghost small" aria-expanded={open} onClick={() => setOpen(!open)}>
            <ChevronRight className={`i chev${open ? ' down' : ''}`} aria-hidden="true" />
            <code>{name}</code>
          </button>
        ) : (
          <code>{name}</code>
        )}
        <span className="small faint">{typeOf(document, schema)}</span>
        {required ? <span className="badge">{t('ref.required')}</span> : null}
      </div>
      {description ? (
        <p className="small muted">
          <CodedText text={description} />
        </p>
      ) : null}
      {open ? inside.map((one, at) => <SchemaView key={at} document={document} schema={one} />) : null}
    </li>
  );
}

/** The fields of an object, each opened when it is asked for: schemas may hold themselves. */
export function SchemaView({ document, schema }: SchemaViewProps) {
  const groups = objectsIn(document, schema);
  return groups.map((group, at) => {
    const properties = isObject(group.properties) ? group.properties : {};
    const required = Array.isArray(group.required) ? group.required : [];
    return (
      <ul key={at} className="ref-fields">
        {Object.entries(properties).map(([name, one]) => (
          <FieldRow
            key={name}
            document={document}
            name={name}
            schema={isObject(one) ? one : {}}
            required={required.includes(name)}
          />
        ))}
      </ul>
    );
  });
}
