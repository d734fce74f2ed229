import { describe, expect, test } from 'vitest';
import { readImage } from '../../src/protocol/image.ts';
import { gif, jpeg, pixel, png, webpExtended, webpLossless, webpLossy } from '../support/images.ts';

describe('an image is what its first bytes say, as large as they say', () => {
  test.each([
    ['PNG', png(300, 40_000), 'image/png', 300, 40_000],
    ['GIF', gif(300, 40_000), 'image/gif', 300, 40_000],
    ['lossy WebP', webpLossy(300, 9_000), 'image/webp', 300, 9_000],
    ['lossless WebP', webpLossless(300, 9_000), 'image/webp', 300, 9_000],
    ['extended WebP', webpExtended(300, 70_000), 'image/webp', 300, 70_000],
    [
      'JPEG, progressive, behind a segment and a fill byte',
      jpeg(300, 40_000),
      'image/jpeg',
      300,
      40_000,
    ],
    ['a PNG that browsers show', pixel, 'image/png', 1, 1],
  ])('%s', (_, bytes, mediaType, width, height) => {
    expect(readImage(bytes)).toEqual({ mediaType, width, height });
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['SVG, which may hold scripts', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['HTML', Buffer.from('<!doctype html><script>alert(1)</script>')],
    ['HTML behind the mark of a GIF', Buffer.from('GIF8<script>alert(1)</script>')],
    ['a BMP', Buffer.from('BM\x36\0\0\0\0\0\0\0')],
    ['a PNG without width', png(0, 10)],
    ['a PNG cut off', png(10, 10).subarray(0, 18)],
    ['a GIF cut off', gif(10, 10).subarray(0, 7)],
    ['a WebP cut off', webpExtended(10, 10).subarray(0, 25)],
    ['a WebP of no known kind', Buffer.from('RIFF\0\0\0\0WEBPEXIF\0\0\0\0')],
    ['a JPEG cut off', jpeg(10, 10).subarray(0, 14)],
    ['a JPEG whose segments end before a frame', Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 2, 0, 0])],
    [
      'a JPEG of fill bytes alone',
      Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.alloc(60_000, 0xff)]),
    ],
  ])('none is %s', (_, bytes) => {
    expect(readImage(bytes)).toBeUndefined();
  });
});
