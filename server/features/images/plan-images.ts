import { type ImageRequest, isEdit } from '../../canonical/image-answer.ts';
import { Json } from '../../canonical/json.ts';
import type { ImagesCall, ProviderCall } from '../../providers/provider.ts';
import type { Caller, Principal } from '../access/caller.ts';
import { applyConstraints, toCall } from '../chat/plan-chat.ts';
import type { Backend, Catalog, CatalogModel } from '../models/catalog.ts';
import { timeLeft } from '../routing/time-left.ts';
import { checkImageRequest } from './check-images.ts';
import { toChat } from './to-chat.ts';

/** How a request for pictures is put: to an images endpoint, or as a chat, once for each picture. */
export type ImagesPlan = { readonly images: ImagesCall } | { readonly chat: ProviderCall };

/** Joins the changes from several places into one `x-gateway-applied` header. */
function joinApplied(caller: Caller): Caller {
  const all: string[] = [];
  return {
    ...caller,
    setHeader(name, value) {
      if (name !== 'x-gateway-applied' || value === null) {
        caller.setHeader(name, value);
        return;
      }
      all.push(value);
      caller.setHeader(name, all.join(', '));
    },
  };
}

/** The name of the operation in usage rows. */
export const operationOf = (request: ImageRequest) =>
  isEdit(request) ? 'v1.images.edits' : ('v1.images.generations' as const);

/** Checks everything about a request for pictures before anything is sent, and finds its model. */
export function checkedModel(catalog: Catalog, request: ImageRequest, principal: Principal): CatalogModel {
  const own = catalog.find(request.model)?.endpoints.includes('images');
  const model = catalog.get(request.model, own ? 'images' : 'chat');
  checkImageRequest(model, request, principal);
  return model;
}

/** How a request for pictures is put to one backend. */
export function planImages(model: CatalogModel, backend: Backend, request: ImageRequest, given: Caller): ImagesPlan {
  const caller = joinApplied(given);
  if (backend.provider.makeImages) {
    const { signal, record } = caller;
    const timeouts = timeLeft(model, caller);
    return { images: { model: backend.model, request, signal, timeouts, tap: record.tap } };
  }
  const { request: asked, applied } = toChat(request, backend);
  if (applied.length > 0) caller.setHeader('x-gateway-applied', applied.join(', '));
  const chat = applyConstraints({ model, backend, answerLimit: null }, asked, () => asked.messages, caller);
  return { chat: toCall(chat, Json.ofValue(asked), caller) };
}
