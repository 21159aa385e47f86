export const textOf = (form: FormData, name: string) => String(form.get(name) ?? '').trim();
export const numberOf = (form: FormData, name: string) => {
  const text = textOf(form, name);
  return text === '' ? null : Number(text);
};
const listOf = (text: string) => (text === '' ? null : text.split(/[\s,]+/).filter((word) => word !== ''));

/** What the form of a key says, as the gateway takes it. An empty field sets no limit. */
export function readForm(form: FormData) {
  const expires = textOf(form, 'expires_at');
  const models = form.getAll('models').map(String);
  return {
    name: textOf(form, 'name'),
    group: textOf(form, 'group') || null,
    expires_at: expires === '' ? null : new Date(expires).toISOString(),
    models: models.length === 0 ? null : models,
    ip_ranges: listOf(textOf(form, 'ip_ranges')),
    cors_origins: listOf(textOf(form, 'cors_origins')),
    enabled: form.get('enabled') === 'on',
    requests_per_minute: numberOf(form, 'requests_per_minute'),
    tokens_per_minute: numberOf(form, 'tokens_per_minute'),
    concurrent_requests: numberOf(form, 'concurrent_requests'),
    daily_budget_usd: numberOf(form, 'daily_budget_usd'),
    monthly_budget_usd: numberOf(form, 'monthly_budget_usd'),
  };
}
