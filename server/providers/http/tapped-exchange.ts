import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { TappedAnswer } from '../upstream-tap.ts';
import type { Exchange } from './exchange.ts';

/** Passes everything on to an exchange, and tells a tap of it. */
export class TappedExchange implements Dispatcher.DispatchHandler {
  readonly #exchange: Exchange;
  readonly #answer: TappedAnswer;

  constructor(exchange: Exchange, answer: TappedAnswer) {
    this.#exchange = exchange;
    this.#answer = answer;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#exchange.onRequestStart(controller);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status >= 200) this.#answer.head(status, headers);
    this.#exchange.onResponseStart(controller, status, headers);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#answer.piece(chunk);
    this.#exchange.onResponseData(controller, chunk);
  }

  onResponseEnd(): void {
    this.#answer.end();
    this.#exchange.onResponseEnd();
  }

  onResponseError(controller: Dispatcher.DispatchController, error: Error): void {
    this.#answer.end(error);
    this.#exchange.onResponseError(controller, error);
  }
}
