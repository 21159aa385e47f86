import { ImageEditRequest, type ImageRef } from '../../../contracts/images/edit.ts';
import { ImageGenerationRequest } from '../../../contracts/images/generation.ts';
import { type ImageRequest, isEdit } from '../../canonical/image-answer.ts';
import { AppError } from '../../errors/app-error.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import type { Principal } from '../access/caller.ts';
import { checkFields, senderOf, throwFault } from '../access/check-fields.ts';
import { plain, type Sender } from '../access/content-check.ts';
import { faultOfImage } from '../access/media.ts';
import { checkTools } from '../chat/plan-chat.ts';
import { refuseLookalikes } from '../chat/refuse-lookalikes.ts';
import type { CatalogModel } from '../models/catalog.ts';

const generationFields: ReadonlySet<string> = new Set(Object.keys(ImageGenerationRequest.shape));
const editFields: ReadonlySet<string> = new Set(Object.keys(ImageEditRequest.shape));
const refFields: ReadonlySet<string> = new Set(['image_url', 'file_id']);

/** OpenRouter's settings of a chat that makes pictures; they hold no picture. */
const SETTINGS = 'image_config';

/** A field that the gateway does not know reaches the upstream, but not one that could hold a picture or an address. */
function refuseUnknownImages(request: ImageRequest, known: ReadonlySet<string>, sender: Sender): void {
  for (const [field, value] of Object.entries(request)) {
    if (value == null || known.has(field)) continue;
    if (field === SETTINGS || !/image|mask|url/i.test(field)) {
      throwFault(plain(value, sender), field);
      continue;
    }
    throw invalidField(field.slice(0, 100), `There is no field '${field.slice(0, 100)}' here; see /v1/images/edits.`);
  }
}

function checkRef(ref: ImageRef, param: string): void {
  refuseLookalikes(ref, refFields, `${param}.`);
  if (ref.file_id != null) {
    throw invalidField(`${param}.file_id`, 'The gateway stores no files: send the image as a data URI.');
  }
  throwFault(faultOfImage(ref.image_url), `${param}.image_url`);
}

/** New images are made of words: who sends pictures here would not see them used. Throws `invalid_field`. */
export function asGeneration(request: ImageGenerationRequest): ImageGenerationRequest {
  for (const field of ['images', 'mask']) {
    if (request[field] == null) continue;
    throw invalidField(field, `There is no field '${field}' here; see /v1/images/edits.`);
  }
  const { images, mask, ...rest } = request;
  return rest;
}

/** Refuses options that the model does not support, before the request is sent upstream. */
export function checkImageRequest(model: CatalogModel, request: ImageRequest, principal: Principal): void {
  const known = isEdit(request) ? editFields : generationFields;
  refuseLookalikes(request, known);
  if (!model.output.includes('image')) {
    throw new AppError('modality_not_supported', `The model '${model.alias}' does not make images.`, {
      param: 'model',
    });
  }
  checkTools(model, Array.isArray(request.tools) ? request.tools : null);
  refuseUnknownImages(request, known, senderOf(principal, model));
  checkFields(principal, model, 'images', request);
  if (!isEdit(request)) return;
  for (const [i, image] of request.images.entries()) checkRef(image, `images[${i}]`);
  if (request.mask) checkRef(request.mask, 'mask');
  if (model.input.includes('image')) return;
  throw new AppError('modality_not_supported', `The model '${model.alias}' does not accept image input.`, {
    param: 'images[0]',
  });
}
