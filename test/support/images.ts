// The heads of images, as their formats have them.

const numbers = (...list: number[]) => Buffer.from(list);
const latin1 = (text: string) => Buffer.from(text, 'latin1');

function sized(bytes: number, write: (buffer: Buffer) => unknown): Buffer {
  const buffer = Buffer.alloc(bytes);
  write(buffer);
  return buffer;
}

export function png(width: number, height: number): Buffer {
  const size = sized(8, (to) => to.writeUInt32BE(height, to.writeUInt32BE(width)));
  return Buffer.concat([latin1('\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR'), size, numbers(8, 6, 0, 0, 0)]);
}

export function gif(width: number, height: number): Buffer {
  const size = sized(4, (to) => to.writeUInt16LE(height, to.writeUInt16LE(width)));
  return Buffer.concat([latin1('GIF89a'), size, numbers(0, 0, 0)]);
}

const riff = (chunk: string, body: Buffer) =>
  Buffer.concat([latin1('RIFF\0\0\0\0WEBP'), latin1(chunk), Buffer.alloc(4), body]);

/** RFC 9649 2.5: lossy. */
export function webpLossy(width: number, height: number): Buffer {
  const size = sized(4, (to) => to.writeUInt16LE(height, to.writeUInt16LE(width)));
  return riff('VP8 ', Buffer.concat([numbers(0, 0, 0, 0x9d, 0x01, 0x2a), size]));
}

/** RFC 9649 2.6: lossless. */
export const webpLossless = (width: number, height: number) =>
  riff(
    'VP8L',
    sized(5, (to) => to.writeUInt32LE((width - 1) | ((height - 1) << 14), to.writeUInt8(0x2f))),
  );

/** RFC 9649 2.7: extended. */
export const webpExtended = (width: number, height: number) =>
  riff(
    'VP8X',
    sized(10, (to) => to.writeUIntLE(height - 1, to.writeUIntLE(width - 1, 4, 3), 3)),
  );

/** ITU T.81: an application segment and a fill byte before the frame. */
export function jpeg(width: number, height: number): Buffer {
  const size = sized(4, (to) => to.writeUInt16BE(width, to.writeUInt16BE(height)));
  return Buffer.concat([
    numbers(0xff, 0xd8, 0xff, 0xe0, 0x00, 0x04, 0x4a, 0x46),
    numbers(0xff, 0xff, 0xc2, 0x00, 0x0b, 0x08),
    size,
    numbers(1, 1, 0x11, 0),
  ]);
}

/** A PNG that browsers show: a square of one pixel. */
export const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);
