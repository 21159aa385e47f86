import { AppError } from '../errors/app-error.ts';
import { systemCodeOf } from '../errors/system-code.ts';
import type { CheckedProvider } from './checked-provider.ts';
import { type Finding, problem, warning } from './finding.ts';

/** How long the checks wait for an answer, in ms. */
export const ASK_MS = 10_000;

/** Certificates that no known authority has signed. */
const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

type Words = readonly [what: string, advice: string];

/** Explains a connection that broke before an answer. Null: there is no explanation. */
function explainConnection(cause: unknown, baseUrl: string): Words | null {
  const code = systemCodeOf(cause);
  const said = cause instanceof Error ? cause.message : '';
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO' || /SSL routines/.test(said)) {
    return [`The server at ${baseUrl} does not speak TLS.`, 'If it speaks plain HTTP, write http:// in base_url.'];
  }
  if (UNTRUSTED.has(code)) {
    return [
      `The certificate of ${baseUrl} is not signed by an authority that Node.js knows (${said}).`,
      'Set NODE_EXTRA_CA_CERTS to a file with the certificate of its authority, where the gateway is started.',
    ];
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    return [
      `The certificate of ${baseUrl} is not valid now (${said}).`,
      'Renew it, and check the clock of this machine.',
    ];
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return [
      `The certificate of ${baseUrl} is for another name.`,
      'Write the name of the certificate in base_url, and let it lead to the server.',
    ];
  }
  if (code === 'UND_ERR_SOCKET' || code === 'ECONNRESET') {
    return [
      `The server at ${baseUrl} closed the connection without an answer.`,
      'Look at its log. If it speaks TLS, write https:// in base_url.',
    ];
  }
  if (/^HPE_|^UND_ERR_/.test(code)) {
    return [
      `The program at ${baseUrl} does not speak HTTP (${said}).`,
      'Correct the address and the port in base_url.',
    ];
  }
  return null;
}

function explainRefusal({ baseUrl, keySource, unsetKey }: CheckedProvider, cause: string, said: string): Words {
  if (/answered 3\d\d|redirect/.test(cause)) {
    return [`${baseUrl} answers with a redirect.`, 'Set base_url to the address that it leads to.'];
  }
  if (keySource) return [`It refuses the key of ${keySource}${said}.`, `Put a valid key into ${keySource}.`];
  return unsetKey
    ? [`It needs a key, and ${unsetKey} is not set${said}.`, `Set ${unsetKey} in the environment or in .env.`]
    : [`It needs a key${said}.`, 'Set api_key_env or api_key_file of the provider.'];
}

/** Explains the failure of the first request, and says what to do. */
export function explainFailure(failure: unknown, checked: CheckedProvider): Finding {
  const { baseUrl, provider } = checked;
  const subject = `provider ${provider.id}`;
  if (!(failure instanceof AppError)) return problem(subject, String(failure), 'Check which program answers there.');
  const cause = failure.cause instanceof Error ? failure.cause.message.replace(/\s+/g, ' ').trim() : '';
  const said = cause ? ` (${cause.slice(0, 200)})` : '';
  switch (failure.code) {
    case 'upstream_unavailable':
      return problem(subject, `${baseUrl} cannot be reached${said}.`, 'Start the model server, or correct base_url.');
    case 'upstream_timeout':
    case 'client_disconnected':
      return problem(
        subject,
        `${baseUrl} did not answer within ${ASK_MS / 1000} s.`,
        'Look at the model server and at the network between.',
      );
    case 'model_loading':
      return warning(subject, 'It loads its model.', 'Wait until it has loaded, and run this again.');
    case 'model_busy':
      return warning(subject, `It takes no more requests at the moment${said}.`, 'Wait, and run this again.');
    case 'model_quota_exhausted':
      return problem(subject, `Its quota is used up${said}.`, 'Raise the quota or pay at the provider.');
    case 'upstream_refused':
      return problem(subject, ...explainRefusal(checked, cause + failure.message, said));
    default: {
      const [, status = ''] = /answered (5\d\d)/.exec(cause) ?? [];
      if (status)
        return problem(subject, `It fails with status ${status}${said}.`, 'Look at the log of the model server.');
      const words = explainConnection(failure.cause, baseUrl);
      return words
        ? problem(subject, ...words)
        : problem(
            subject,
            `Its response is not that of a model server${said}.`,
            'Check base_url and kind in the models file.',
          );
    }
  }
}
