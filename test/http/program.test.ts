// What people read about a browser, of what it calls itself.
import { expect, test } from 'vitest';
import { programOf } from '../../src/http/program.ts';

const mac =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)';
const phone = 'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko)';
const chrome = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

test.each([
  [`${mac} Version/18.3 Safari/605.1.15`, 'Safari', 'macOS'],
  [`${phone} Chrome/140.0.0.0 Mobile Safari/537.36`, 'Chrome', 'Android'],
  [
    `${phone} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`,
    'Samsung Internet',
    'Android',
  ],
  [
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chrome} Edg/140.0.0.0`,
    'Microsoft Edge',
    'Windows',
  ],
  [`Mozilla/5.0 (X11; Linux x86_64) ${chrome}`, 'Chrome', 'Linux'],
  ['Mozilla/5.0 (X11; Linux x86_64) Another/1.0 engine', '', 'Linux'],
  ['curl/8.5', '', ''],
  ['Your bank/1.0 (call us)', '', ''],
  ['', '', ''],
  [null, '', ''],
])('%s', (userAgent, browser, system) => {
  expect(programOf(userAgent)).toEqual({ browser, system });
});
