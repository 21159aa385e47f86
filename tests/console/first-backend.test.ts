import { expect, test } from 'vitest';
import { type Backend, type BackendState, firstBackend } from '../../clients/console/src/app/first-backend.ts';

const chain = (...states: readonly BackendState[]) => {
  const backends = states.map(
    (_, at): Backend => ({ provider: `p${at}`, model: 'm', kind: 'openai-compatible', state: 'closed' }),
  );
  const found = firstBackend(backends, (backend) => states[backends.indexOf(backend)] ?? 'closed');
  return found && [found.backend.provider, found.state];
};

test('the backend that is asked first is the first one that gets requests', () => {
  expect(chain('closed', 'closed')).toEqual(['p0', 'closed']);
  expect(chain('half_open', 'closed')).toEqual(['p0', 'half_open']);
  for (const state of ['open', 'down', 'cooling', 'loading', 'busy'] as const) {
    expect(chain(state, 'closed')).toEqual(['p1', 'closed']);
  }
});

test('where none gets requests, it is the one that is asked again soonest', () => {
  expect(chain('down', 'cooling', 'loading')).toEqual(['p2', 'loading']);
  expect(chain('open', 'busy')).toEqual(['p1', 'busy']);
  expect(chain('cooling', 'cooling')).toEqual(['p0', 'cooling']);
  expect(chain('down')).toEqual(['p0', 'down']);
  expect(chain()).toBeNull();
});
