// A user's browser: follows redirects, keeps cookies, picks a user on the login page.
/** A demo user of the local issuer. */
const USER = 'alice';

const STEPS = 10;

/** @returns the address of the client's callback, with `code` and `iss`, which is not requested */
export async function browseToCallback(start, user = USER) {
  const cookies = new Map();
  let next = new URL(start);
  let form;
  for (let step = 0; step < STEPS; step += 1) {
    const response = await fetch(next, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ''] = cookie.split(';');
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    const location = response.headers.get('location');
    form = location ? undefined : { sub: user };
    if (!location) continue;
    next = new URL(location, next);
    if (next.searchParams.has('code') || next.searchParams.has('error')) return next;
  }
  throw new Error('The sign-in did not come to an end.');
}
