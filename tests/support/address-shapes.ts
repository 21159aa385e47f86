import { pngUri } from './pictures.ts';

/** Where every address of the tests leads; no body that reaches an upstream may hold it. */
export const TARGET = 'inner.example';

/** Ways to write an address so that a reader of addresses still finds its way. */
export const addresses: readonly string[] = [
  `http://${TARGET}/a.png`,
  `HTTPS://${TARGET}/a.png`,
  `  http://${TARGET}/`,
  `\u0001\u001fhttp://${TARGET}/`,
  `ht\ttp://${TARGET}/`,
  `http:\n//${TARGET}/`,
  `\u00a0\u2003http://${TARGET}/`,
  `\ufeffhttp://${TARGET}/`,
  `//${TARGET}/a.png`,
  `\\\\${TARGET}\\share`,
  `http:${TARGET}/a.png`,
  `https:\\${TARGET}`,
  `file:///${TARGET}`,
  `file:${TARGET}`,
  `ftp://${TARGET}/a`,
  `blob:http://${TARGET}/1-2-3`,
  `s3://${TARGET}/a`,
  `gopher://${TARGET}:70/_`,
  `URL:http://${TARGET}`,
  `<http://${TARGET}>`,
  `ws://${TARGET}`,
  `cache:http://${TARGET}/a.mp4`,
  `subfile,,start,0,end,0,,:http://${TARGET}`,
  `\uff48\uff54\uff54\uff50\uff1a\uff0f\uff0f${TARGET}`,
];

/** A data URI of the wrong kind, which holds an address, or is none. */
export const wrongData: readonly string[] = [
  `data:video/jpeg;base64,AAAA,http://${TARGET}`,
  `data:text/uri-list,http://${TARGET}`,
  `data:image/png,http://${TARGET}`,
  `data:image/png;base64,http://${TARGET}`,
  `data:application/pdf;base64,AAAA#${TARGET}`,
  `data:image/svg+xml;base64,${Buffer.from(`<svg><image href="http://${TARGET}"/></svg>`).toString('base64')}`,
  `data:video/mp4;base64,${Buffer.from(`#EXTM3U\nhttp://${TARGET}/a.ts\n`).toString('base64')}`,
  `data:application/vnd.apple.mpegurl;base64,${Buffer.from(`#EXTM3U\nhttp://${TARGET}/a.ts\n`).toString('base64')}`,
];

type Part = Record<string, unknown>;

/** Every shape of a part of a chat that could hold an address, with the address in it. */
export const chatParts: Readonly<Record<string, (address: string) => Part>> = {
  'an image': (url) => ({ type: 'image_url', image_url: { url } }),
  'the detail of an image': (detail) => ({ type: 'image_url', image_url: { url: pngUri, detail } }),
  'a second field of an image': (fallback) => ({ type: 'image_url', image_url: { url: pngUri, fallback } }),
  'a field beside an image': (uuid) => ({ type: 'image_url', image_url: { url: pngUri }, preview: { uuid } }),
  'an image of another case': (url) => ({ type: 'image_url', image_url: { url: pngUri }, Image_Url: { url } }),
  'an address of another case': (url) => ({ type: 'image_url', image_url: { url: pngUri, URL: url } }),
  'an input_image': (image_url) => ({ type: 'input_image', image_url }),
  'an input_image with an object': (url) => ({ type: 'input_image', image_url: { url } }),
  'an image with a source': (url) => ({ type: 'image', source: { type: 'url', url } }),
  'an image with a text': (image) => ({ type: 'image', image }),
  'an image_pil': (image_pil) => ({ type: 'image_pil', image_pil }),
  'an audio': (url) => ({ type: 'audio_url', audio_url: { url } }),
  'an audio with a text': (audio_url) => ({ type: 'audio_url', audio_url }),
  'a recording': (data) => ({ type: 'input_audio', input_audio: { data, format: 'wav' } }),
  'the format of a recording': (format) => ({ type: 'input_audio', input_audio: { data: 'UklGRg==', format } }),
  'a recording with an address': (url) => ({
    type: 'input_audio',
    input_audio: { data: 'UklGRg==', format: 'wav', url },
  }),
  'a video': (url) => ({ type: 'video_url', video_url: { url } }),
  'a list of frames': (frame) => ({ type: 'video', video: [frame, frame] }),
  'the data of a file': (file_data) => ({ type: 'file', file: { filename: 'a.pdf', file_data } }),
  'the name of a file': (filename) => ({
    type: 'file',
    file: { filename, file_data: 'data:application/pdf;base64,AAAA' },
  }),
  'the address of a file': (file_url) => ({ type: 'file', file: { file_url } }),
  'the id of a file': (file_id) => ({ type: 'file', file: { file_id } }),
  'an input_file': (file_url) => ({ type: 'input_file', file_url }),
  'an unknown part': (hologram) => ({ type: 'hologram', hologram: { layers: [{ hologram }] } }),
  'a text with an image': (url) => ({ type: 'text', text: 'Look', image_url: { url } }),
  'a text with an unknown field': (source) => ({ type: 'text', text: 'Look', source: [source] }),
  'a mark of the cache': (ttl) => ({ type: 'text', text: 'Look', cache_control: { type: 'ephemeral', ttl } }),
  'a refusal with an image': (image) => ({ type: 'refusal', refusal: 'No', image }),
  'a thought with an image': (url) => ({ type: 'thinking', thinking: [{ type: 'image_url', image_url: { url } }] }),
};
