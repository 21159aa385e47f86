import { z } from 'zod';

/** As browsers write it: a scheme, a host in lower case, and a port unless it is the usual one. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@,*A-Z]+$/;

/** The usual ports are left out by browsers, so an origin with one would never be met. */
const USUAL_PORT = /^(http:.*:80|https:.*:443)$/;

/** An origin of web pages, as the header `Origin` has it. */
export const origin = () =>
  z
    .string()
    .max(300)
    .refine((text) => ORIGIN.test(text) && !USUAL_PORT.test(text), {
      error:
        'Give an origin as browsers write it: scheme, host in lower case and port, such as https://chat.example.com.',
    });
