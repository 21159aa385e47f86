import { z } from 'zod';

const model = z.string().min(1).describe('An alias that serves this endpoint; see `GET /v1/info`.');
const file = z.string().meta({ format: 'binary', description: 'The audio; the upstream says which formats it reads.' });

/**
 * The form of `POST /v1/audio/transcriptions`. Format: OpenAI's audio reference; every other field reaches the upstream
 * as it is. With `model` before `file` the upload is streamed; with `file` first it waits (on disk, beyond 1 MB) until
 * its model is known.
 */
export const TranscriptionForm = z
  .looseObject({
    model,
    file,
    language: z.string().optional().describe('ISO 639-1.'),
    prompt: z.string().optional(),
    response_format: z.string().optional().describe('`json`, `text`, `srt`, `verbose_json`, `vtt` or `diarized_json`.'),
    temperature: z.number().optional(),
    stream: z.boolean().optional().describe('Asks for server-sent events, where the model has them.'),
  })
  .meta({ id: 'TranscriptionForm' });

/** The form of `POST /v1/audio/translations`: speech to English text. As `TranscriptionForm`. */
export const TranslationForm = z
  .looseObject({
    model,
    file,
    prompt: z.string().optional(),
    response_format: z.string().optional().describe('`json`, `text`, `srt`, `verbose_json` or `vtt`.'),
    temperature: z.number().optional(),
  })
  .meta({ id: 'TranslationForm' });

/** `POST /v1/audio/speech`. Format: OpenAI's audio reference; unknown fields reach the upstream. */
export const SpeechRequest = z
  .looseObject({
    model,
    input: z.string().min(1).describe('What is to be said.'),
    voice: z.union([z.string(), z.looseObject({ id: z.string() })]).nullish(),
    instructions: z.string().nullish(),
    response_format: z.string().nullish().describe('`mp3`, `opus`, `aac`, `flac`, `wav` or `pcm`.'),
    speed: z.number().nullish(),
    stream_format: z.enum(['audio', 'sse']).nullish().describe('`sse`: the audio in server-sent events.'),
  })
  .meta({ id: 'SpeechRequest' });
export type SpeechRequest = z.infer<typeof SpeechRequest>;
