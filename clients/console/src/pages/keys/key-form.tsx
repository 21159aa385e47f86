import { isGatewayError } from '@duplex/client';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { useInfo } from '../../app/queries.ts';
import { useGateway } from '../../app/session.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { Problem } from '../../parts/problem.tsx';
import type { TextKey } from '../../text/en.ts';
import { useText } from '../../text/text.tsx';
import type { ApiKey } from './api-key.ts';
import { numberOf, readForm, textOf } from './read-key-form.ts';

interface KeyFormProps {
  /** Null: a new one. */
  readonly apiKey: ApiKey | null;
  onClose(): void;
  /** With the secret of a new key. */
  onDone(secret?: string): void;
}

const numbers: readonly (readonly [name: NumberName, label: TextKey, step: string])[] = [
  ['requests_per_minute', 'keys.requestsPerMinute', '1'],
  ['tokens_per_minute', 'keys.tokensAMinute', '1'],
  ['concurrent_requests', 'keys.concurrent', '1'],
  ['daily_budget_usd', 'keys.dailyBudget', 'any'],
  ['monthly_budget_usd', 'keys.monthlyBudget', 'any'],
];
type NumberName =
  | 'requests_per_minute'
  | 'tokens_per_minute'
  | 'concurrent_requests'
  | 'daily_budget_usd'
  | 'monthly_budget_usd';

/** Fields that hold a list in one line. */
const lists: readonly (readonly [name: ListName, label: TextKey, hint: TextKey, example: string])[] = [
  ['ip_ranges', 'keys.ipRanges', 'keys.ipHint', '10.0.0.0/8'],
  ['cors_origins', 'keys.origins', 'keys.originsHint', 'https://chat.example.com'],
];
type ListName = 'ip_ranges' | 'cors_origins';

/** As `datetime-local` has it, in the reader's time. */
const localTime = (iso: string | null) => {
  if (iso === null) return '';
  const time = new Date(iso);
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};

/** Saves a key, and tells which field the gateway found fault with. */
function useSaveKey(key: ApiKey | null, onDone: KeyFormProps['onDone']) {
  const gateway = useGateway();
  const save = useMutation({
    async mutationFn(form: FormData) {
      const fields = readForm(form);
      if (key) {
        await gateway.api.keys.update.mutate({ key_id: key.id, ...fields });
        return undefined;
      }
      const owner = textOf(form, 'owner') || null;
      const made = await gateway.api.keys.create.mutate({ ...fields, owner, credit_usd: numberOf(form, 'credit_usd') });
      return made.key;
    },
    onSuccess: onDone,
  });
  const failure = isGatewayError(save.error) ? save.error : null;
  const errorAt = (name: string) =>
    failure?.param && failure.param.split(/[.[]/)[0] === name ? failure.message : null;
  return { save, errorAt };
}

interface FieldsProps {
  readonly apiKey: ApiKey | null;
  errorAt(name: string): string | null;
}

/** A new key has an owner and a credit; one that there is can be switched off. */
function OwnerFields({ apiKey: key, errorAt }: FieldsProps) {
  const { t } = useText();
  if (key) {
    return (
      <label className="check">
        <input type="checkbox" name="enabled" defaultChecked={key.enabled} /> {t('keys.enabled')}
      </label>
    );
  }
  return (
    <>
      <Field label={t('keys.owner')} hint={t('keys.ownerHint')} error={errorAt('owner')}>
        {(control) => <input {...control} className="input" name="owner" maxLength={200} />}
      </Field>
      <Field label={t('keys.credit')} hint={t('keys.creditHint')} error={errorAt('credit_usd')}>
        {(control) => <input {...control} className="input" name="credit_usd" type="number" min="0" step="any" />}
      </Field>
      <input type="hidden" name="enabled" value="on" />
    </>
  );
}

function LimitFields({ apiKey: key, errorAt }: FieldsProps) {
  const { t } = useText();
  return (
    <>
      {numbers.map(([name, label, step]) => (
        <Field key={name} label={t(label)} error={errorAt(name)}>
          {(control) => (
            <input
              {...control}
              className="input"
              name={name}
              type="number"
              min="0"
              step={step}
              placeholder="–"
              defaultValue={key?.[name] ?? ''}
            />
          )}
        </Field>
      ))}
      {lists.map(([name, label, hint, example]) => (
        <Field key={name} label={t(label)} hint={t(hint)} error={errorAt(name)}>
          {(control) => (
            <input
              {...control}
              className="input mono"
              name={name}
              placeholder={example}
              defaultValue={key?.[name]?.join(', ') ?? ''}
            />
          )}
        </Field>
      ))}
    </>
  );
}

function ModelFields({ chosen }: { chosen: readonly string[] }) {
  const { t } = useText();
  const { data: info } = useInfo();
  const [models, setModels] = useState(chosen);
  const toggle = (alias: string) =>
    setModels(models.includes(alias) ? models.filter((name) => name !== alias) : [...models, alias]);
  return (
    <fieldset className="wide stack-2">
      <legend>{t('keys.models')}</legend>
      <p className="small faint">{t('keys.modelsHint')}</p>
      <div className="tags">
        {(info?.models ?? []).map(({ alias }) => (
          <button
            key={alias}
            type="button"
            className="tag"
            aria-pressed={models.includes(alias)}
            onClick={() => toggle(alias)}
          >
            {alias}
          </button>
        ))}
      </div>
      {models.map((alias) => (
        <input key={alias} type="hidden" name="models" value={alias} />
      ))}
    </fieldset>
  );
}

export function KeyForm({ apiKey: key, onClose, onDone }: KeyFormProps) {
  const { t } = useText();
  const formId = useId();
  const { save, errorAt } = useSaveKey(key, onDone);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    save.mutate(new FormData(event.currentTarget));
  };
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={key ? t('keys.editTitle', { name: key.name }) : t('keys.create')}
      lede={t('keys.formLede')}
      foot={
        <>
          <button type="button" className="btn" onClick={onClose}>
            {t('common.cancel')}
          </button>
          <button type="submit" form={formId} className="btn main-action" aria-disabled={save.isPending}>
            {key ? t('common.save') : t('keys.create')}
          </button>
        </>
      }
    >
      <form id={formId} className="form-grid" onSubmit={submit}>
        <Field label={t('keys.name')} error={errorAt('name')}>
          {(control) => (
            <input {...control} className="input" name="name" required maxLength={200} defaultValue={key?.name ?? ''} />
          )}
        </Field>
        <OwnerFields apiKey={key} errorAt={errorAt} />
        <Field label={t('keys.group')} hint={t('keys.groupHint')} error={errorAt('group')}>
          {(control) => <input {...control} className="input" name="group" defaultValue={key?.group ?? ''} />}
        </Field>
        <Field label={t('keys.expires')} error={errorAt('expires_at')}>
          {(control) => (
            <input
              {...control}
              className="input"
              name="expires_at"
              type="datetime-local"
              defaultValue={localTime(key?.expires_at ?? null)}
            />
          )}
        </Field>
        <LimitFields apiKey={key} errorAt={errorAt} />
        <ModelFields chosen={key?.models ?? []} />
        {save.error ? (
          <div className="wide">
            <Problem error={save.error} />
          </div>
        ) : null}
      </form>
    </Dialog>
  );
}
