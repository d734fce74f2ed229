// What a browser calls itself (RFC 9110 10.1.5), as people call it. Whoever writes it may write anything: it is shown, and decides nothing.
import Bowser from 'bowser';

const browsers = new Set(Object.values(Bowser.BROWSER_MAP));
const systems = new Set(Object.values(Bowser.OS_MAP));

/** The browser and the system that people know by these names; '' where they know none. */
export function programOf(userAgent: string | null): { browser: string; system: string } {
  if (!userAgent) return { browser: '', system: '' };
  const { browser, os } = Bowser.parse(userAgent);
  return {
    browser: browsers.has(browser.name ?? '')
      ? (browser.name ?? '').replace(/ for Android$/, '')
      : '',
    system: systems.has(os.name ?? '') ? (os.name ?? '') : '',
  };
}
