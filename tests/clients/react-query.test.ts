import { MutationObserver, QueryClient } from '@tanstack/react-query';
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AppRouter, isGatewayError } from '../../clients/typescript/src/index.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { connectClient } from './support.ts';

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted();
});
afterAll(() => gateway.close());

/** As the README shows it. */
function open() {
  const { client } = connectClient(gateway);
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return { client, queryClient, trpc: createTRPCOptionsProxy<AppRouter>({ client, queryClient }) };
}

test('queries, mutations and their cache have the types of the router', async () => {
  const { client, queryClient, trpc } = open();
  const { data } = await queryClient.fetchQuery(trpc.models.list.queryOptions());
  const ids: string[] = data.map(({ id }) => id);
  expect(ids).toEqual(['scripted']);

  const asking = new MutationObserver(queryClient, trpc.c1.chat.create.mutationOptions());
  const { conversation_id } = await asking.mutate({ model: 'scripted', message: 'Hi' });
  const page = trpc.conversations.list.queryOptions({ limit: 5 });
  expect((await queryClient.fetchQuery(page)).items.map(({ id }) => id)).toEqual([conversation_id]);

  await client.conversations.delete.mutate({ conversation_id });
  await queryClient.invalidateQueries({ queryKey: trpc.conversations.list.pathKey() });
  expect((await queryClient.fetchQuery(page)).items).toEqual([]);
});

test('pages of a list follow their cursor', async () => {
  const { client, queryClient, trpc } = open();
  for (const message of ['One', 'Two', 'Three']) await client.c1.chat.create.mutate({ model: 'scripted', message });
  const options = trpc.conversations.list.infiniteQueryOptions(
    { limit: 2 },
    { getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined },
  );
  const { pages } = await queryClient.fetchInfiniteQuery({ ...options, pages: 5 });
  const titles = pages.flatMap(({ items }) => items.map(({ title }) => title));
  expect(titles).toEqual(['Three', 'Two', 'One']);
});

test('a failed query has the typed error of the client', async () => {
  const { queryClient, trpc } = open();
  const options = trpc.conversations.get.queryOptions({ conversation_id: 'conv_none' });
  const error: unknown = await queryClient.fetchQuery(options).catch((thrown: unknown) => thrown);
  expect(isGatewayError(error) && [error.code, error.status]).toEqual(['conversation_not_found', 404]);
});
