import { type ImageRequest, isEdit } from '../../providers/image-answer.ts';
import { Json } from '../../providers/json.ts';
import type { ImagesCall, ProviderCall } from '../../providers/provider.ts';
import type { Caller } from '../chat/caller.ts';
import { applyConstraints, type ChatPlan, leastWaitOf, pickBackend, toCall } from '../chat/plan-chat.ts';
import type { Catalog } from '../models/catalog.ts';
import { checkImageRequest } from './check-images.ts';
import { toChat } from './to-chat.ts';

/** Where a request for pictures goes: to an images endpoint, or to a chat, once for each picture. */
export interface ImagesPlan {
  readonly chat: ChatPlan;
  /** Of the usage rows. */
  readonly operation: 'v1.images.generations' | 'v1.images.edits';
  readonly how: { readonly images: ImagesCall } | { readonly chat: ProviderCall };
}

/** Joins what is said to have been applied at several places into the one header. */
function joinApplied(caller: Caller): Caller {
  const all: string[] = [];
  return {
    ...caller,
    setHeader(name, value) {
      if (name === 'x-gateway-applied') all.push(value);
      caller.setHeader(name, name === 'x-gateway-applied' ? all.join(', ') : value);
    },
  };
}

/** Decides everything about a request for pictures before anything is sent. */
export function planImages(catalog: Catalog, request: ImageRequest, given: Caller): ImagesPlan {
  const model = catalog.for(given.principal).get(request.model);
  checkImageRequest(model, request);
  const backend = pickBackend(model);
  const caller = joinApplied(given);
  const operation = isEdit(request) ? 'v1.images.edits' : 'v1.images.generations';
  if (backend.provider.makeImages) {
    caller.setHeader('x-gateway-backend', `${backend.provider.id}/${backend.model}`);
    const images = { model: backend.model, request, signal: caller.signal, leastWaitMs: leastWaitOf(model) };
    return { chat: { model, backend, changes: {} }, operation, how: { images } };
  }
  const { request: asked, applied } = toChat(request, backend);
  if (applied.length > 0) caller.setHeader('x-gateway-applied', applied.join(', '));
  const chat = applyConstraints({ model, backend }, asked, () => asked.messages, caller);
  return { chat, operation, how: { chat: toCall(chat, Json.ofValue(asked), caller) } };
}
