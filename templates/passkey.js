// A form with data-passkey asks the browser for a passkey, and is sent with what that says. It is hidden where there is no script.
for (const form of document.querySelectorAll('form[data-passkey]')) {
  if (!globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON) continue;
  form.hidden = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const fault = form.querySelector('.fault');
    fault.hidden = true;
    try {
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(form.dataset.passkey, { method: 'POST', body });
      if (!answer.ok) throw new Error(String(answer.status));
      const options = await answer.json();
      const { parseCreationOptionsFromJSON, parseRequestOptionsFromJSON } = PublicKeyCredential;
      const credential =
        'rp' in options
          ? await navigator.credentials.create({
              publicKey: parseCreationOptionsFromJSON.call(PublicKeyCredential, options),
            })
          : await navigator.credentials.get({
              publicKey: parseRequestOptionsFromJSON.call(PublicKeyCredential, options),
            });
      form.elements.credential.value = JSON.stringify(credential);
      form.submit();
    } catch {
      fault.hidden = false;
    }
  });
}
