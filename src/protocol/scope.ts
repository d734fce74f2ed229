// RFC 6749 3.3 and RFC 8707 2: scopes and resources, as they are asked for.
import { OAuthError } from './errors.ts';

/** RFC 3986 4.3: of any scheme; what begins with // names somebody. */
const absoluteUri =
  /^[A-Za-z][A-Za-z0-9+.-]*:(?!\/\/(?:[/?]|$))(?:[A-Za-z0-9._~:/?[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+$/;

/** Scope names, once each; throws invalid_scope for characters that no scope can have. */
export function parseScope(scope: string | undefined): string[] {
  const scopes = words(scope);
  if (!scopes.every(isScopeName)) {
    const detail = 'a scope holds a character that none may have';
    throw new OAuthError('invalid_scope', detail, { detail });
  }
  return scopes;
}

/** Whether the characters are those of a scope. */
export function isScopeName(name: string): boolean {
  return /^[\x21\x23-\x5B\x5D-\x7E]+$/.test(name);
}

/** Resources, once each; throws invalid_target for one that is no absolute URI. */
export function parseResources(resources: readonly string[]): string[] {
  if (!resources.every(isResource)) {
    const detail = 'a resource is not an absolute URI without fragment';
    throw new OAuthError('invalid_target', detail, { detail });
  }
  return [...new Set(resources)];
}

/** Whether it is an absolute URI without fragment: the twin of pgrant.resource_canonical. */
export function isResource(uri: string): boolean {
  return absoluteUri.test(uri);
}

/** The form in which resources are compared, and which becomes aud. */
export function canonicalResource(uri: string): string {
  const [, url, path = ''] = /^([^:]*:\/\/[^/?]*)(.*)$/s.exec(uri) ?? [];
  if (url !== undefined) return url.toLowerCase() + path.replace(/\/+$/, '');
  return uri.replace(/^urn:[^:]*:|^[^:]*:/i, (before) => before.toLowerCase());
}

/** The words of a space-separated list, once each. */
export function words(text: string | undefined): string[] {
  return [...new Set((text ?? '').split(' '))].filter((word) => word !== '');
}
