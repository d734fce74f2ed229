// What an image is by its first bytes: a name or a Content-Type says what somebody wishes it were.

/** Raster images that every browser shows. SVG is none: it is a document that may hold scripts. */
export type Image = {
  mediaType: 'image/png' | 'image/jpeg' | 'image/webp' | 'image/gif';
  width: number;
  height: number;
};

/** Reads the head of an image; undefined where it is none of these. */
export function readImage(bytes: Uint8Array): Image | undefined {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const read of [readPng, readGif, readWebp, readJpeg]) {
    try {
      const image = read(data);
      if (image && image.width > 0 && image.height > 0) return image;
    } catch (error) {
      // It ends before its size is said.
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return undefined;
}

const text = (data: Buffer, from: number, to: number) => data.toString('latin1', from, to);

/** Portable Network Graphics (third edition) 5.2, 11.2.1. */
function readPng(data: Buffer): Image | undefined {
  if (text(data, 0, 8) !== '\x89PNG\r\n\x1a\n' || text(data, 12, 16) !== 'IHDR') return undefined;
  return { mediaType: 'image/png', width: data.readUInt32BE(16), height: data.readUInt32BE(20) };
}

/** GIF89a 17, 18. */
function readGif(data: Buffer): Image | undefined {
  if (!/^GIF8[79]a$/.test(text(data, 0, 6))) return undefined;
  return { mediaType: 'image/gif', width: data.readUInt16LE(6), height: data.readUInt16LE(8) };
}

/** RFC 9649 2.5 to 2.7: how large it is stands in the first chunk, whichever that is. */
function readWebp(data: Buffer): Image | undefined {
  if (text(data, 0, 4) !== 'RIFF' || text(data, 8, 12) !== 'WEBP') return undefined;
  const mediaType = 'image/webp';
  switch (text(data, 12, 16)) {
    case 'VP8X':
      return { mediaType, width: data.readUIntLE(24, 3) + 1, height: data.readUIntLE(27, 3) + 1 };
    case 'VP8L': {
      const size = data.readUInt32LE(21);
      return { mediaType, width: (size & 0x3fff) + 1, height: ((size >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8 ': {
      const [width, height] = [data.readUInt16LE(26), data.readUInt16LE(28)];
      return { mediaType, width: width & 0x3fff, height: height & 0x3fff };
    }
    default:
      return undefined;
  }
}

/** ITU T.81 B.1.1: marker after marker, until the frame that says how large it is. */
function readJpeg(data: Buffer): Image | undefined {
  if (data.readUInt16BE(0) !== 0xffd8) return undefined;
  for (let at = 2; data[at] === 0xff; ) {
    const marker = data.readUInt8(at + 1);
    // Any number of fill bytes may precede a marker (B.1.1.2).
    if (marker === 0xff) at += 1;
    else if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      const [height, width] = [data.readUInt16BE(at + 5), data.readUInt16BE(at + 7)];
      return { mediaType: 'image/jpeg', width, height };
    } else at += 2 + data.readUInt16BE(at + 2);
  }
  return undefined;
}
