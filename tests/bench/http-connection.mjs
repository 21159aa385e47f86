// A lean HTTP/1.1 client on a socket, so that the load costs little next to what it measures.
import { connect } from 'node:net';

/** One keep-alive connection. Calls `onBody(bytes)` and `onEnd(status, head)` for each response, `onFail` when it breaks. */
export class HttpConnection {
  constructor({ port, onBody, onEnd, onFail }) {
    this.onBody = onBody;
    this.onEnd = onEnd;
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (bytes) => this.#feed(bytes));
    this.socket.on('error', () => {});
    this.socket.on('close', onFail);
    this.#reset();
  }

  /** `head` ends before the content-length. */
  post(head, body) {
    this.socket.write(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  leave() {
    this.socket.removeAllListeners('close');
    this.socket.destroy();
  }

  #reset() {
    this.head = null;
    this.pending = null;
    this.left = 0;
    this.chunked = false;
    this.line = '';
    this.last = false;
  }

  #feed(given) {
    let bytes = given;
    if (!this.head) {
      if (this.pending) bytes = Buffer.concat([this.pending, bytes]);
      const end = bytes.indexOf('\r\n\r\n');
      if (end < 0) {
        this.pending = bytes;
        return;
      }
      this.head = bytes.latin1Slice(0, end + 2);
      const length = /\r\ncontent-length: *(\d+)/i.exec(this.head);
      this.chunked = !length;
      this.left = length ? Number(length[1]) : 0;
      bytes = bytes.subarray(end + 4);
    }
    if (this.chunked) this.#feedChunks(bytes);
    else {
      this.left -= bytes.length;
      if (bytes.length) this.onBody(bytes);
      if (this.left <= 0) this.#finish();
    }
  }

  #feedChunks(bytes) {
    let at = 0;
    while (at < bytes.length) {
      // `left` counts the chunk's data and the line end behind it.
      if (this.left > 0) {
        const data = Math.min(this.left - 2, bytes.length - at);
        if (data > 0) this.onBody(bytes.subarray(at, at + data));
        const step = Math.min(this.left, bytes.length - at);
        this.left -= step;
        at += step;
        continue;
      }
      const end = bytes.indexOf(10, at);
      this.line += bytes.latin1Slice(at, end < 0 ? bytes.length : end);
      if (end < 0) return;
      at = end + 1;
      const line = this.line.trim();
      this.line = '';
      if (this.last) {
        if (line === '') this.#finish();
        return;
      }
      const size = Number.parseInt(line, 16);
      if (size === 0) this.last = true;
      else this.left = size + 2;
    }
  }

  #finish() {
    const { head } = this;
    this.#reset();
    this.onEnd(Number(head.slice(9, 12)), head);
  }
}
