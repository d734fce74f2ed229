addEventListener('message', async ({ data, origin, source }) => {
  if (source === null || origin === 'null') return;
  const [, client, hash, salt] = /^([\x20-\x7E]+) ([0-9a-f]{64})\.([\w-]+)$/.exec(data) ?? [];
  let answer = 'error';
  if (client !== undefined) {
    const [, state = ''] = /(?:^|; *)pgrant_browser_state=([^;]*)/.exec(document.cookie) ?? [];
    const text = new TextEncoder().encode(`${client} ${origin} ${state} ${salt}`);
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', text));
    const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
    answer = hex === hash ? 'unchanged' : 'changed';
  }
  source.postMessage(answer, origin);
});
