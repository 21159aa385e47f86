import type { ChatCompletion, Usage } from '../../../contracts/chat/completion.ts';
import type { ImagesResponse, ImageUsage, MadeImage } from '../../../contracts/images/generation.ts';
import { type ImageRequest, inForm } from '../../canonical/image-answer.ts';
import { AppError } from '../../errors/app-error.ts';
import { toCount } from '../metering/believe-usage.ts';

/** The pictures in an answer. Throws `upstream_rejected`, with the model's own words, when the answer has no picture. */
function imagesOf({ choices }: ChatCompletion): MadeImage[] {
  const images = choices.flatMap(({ message }) =>
    (message.images ?? []).flatMap((image) =>
      typeof image?.image_url?.url === 'string' ? [{ url: image.image_url.url }] : [],
    ),
  );
  if (images.length > 0) return images;
  const said = choices.map(({ message }) => message.refusal ?? message.content ?? '').join(' ');
  throw new AppError(
    'upstream_rejected',
    `The model answered without an image${said.trim() ? `: ${said.trim().slice(0, 300)}` : '.'}`,
    { param: 'prompt' },
  );
}

const imageTokens = ({ prompt_tokens_details: details }: Usage): number =>
  typeof details?.image_tokens === 'number' ? details.image_tokens : 0;

/** The summed usage of the answers. Undefined when one of them reports no usage. */
export function sumUsage(answers: readonly ChatCompletion[]): Usage | undefined {
  const usages = answers.flatMap(({ usage }) => (usage ? [usage] : []));
  if (usages.length < answers.length) return undefined;
  const sum = (count: (usage: Usage) => number) => usages.reduce((total, usage) => total + toCount(count(usage)), 0);
  return {
    prompt_tokens: sum((usage) => usage.prompt_tokens),
    completion_tokens: sum((usage) => usage.completion_tokens),
    total_tokens: sum((usage) => usage.total_tokens),
    prompt_tokens_details: { image_tokens: sum(imageTokens) },
  };
}

function toImageUsage(usage: Usage): ImageUsage {
  const images = imageTokens(usage);
  return {
    input_tokens: usage.prompt_tokens,
    output_tokens: usage.completion_tokens,
    total_tokens: usage.total_tokens,
    input_tokens_details: { text_tokens: usage.prompt_tokens - images, image_tokens: images },
  };
}

/** The answers of the chats that a request for pictures became, as its one answer. */
export function fromChat(answers: readonly ChatCompletion[], request: ImageRequest): ImagesResponse {
  const images = answers.flatMap(imagesOf).slice(0, request.n ?? 1);
  const usage = sumUsage(answers);
  return {
    created: Math.floor(Date.now() / 1000),
    data: images.map((image) => inForm(image, request.response_format)),
    ...(usage ? { usage: toImageUsage(usage) } : {}),
  };
}
