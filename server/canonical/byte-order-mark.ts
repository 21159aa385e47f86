/** U+FEFF in UTF-8. Some programs write it before their text. */
export const BYTE_ORDER_MARK = Buffer.from('\uFEFF');

/** The same bytes without a byte order mark before them. */
export const withoutMark = (bytes: Buffer): Buffer =>
  bytes[0] === BYTE_ORDER_MARK[0] && bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)
    ? bytes.subarray(BYTE_ORDER_MARK.length)
    : bytes;
