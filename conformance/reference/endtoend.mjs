// Runs the reference as the server of an application whose Clerk is the one of package clerktest.
//
//   node endtoend.mjs <address of the remote control>
//
// A browser with a cookie jar visits the application; every check that fails ends the run with status 1. The clock is
// that of the instances: it stands still unless it is told to move.

import assert from 'node:assert/strict';

const control = process.argv[2];
const realDate = Date;
let now = 0;
globalThis.Date = class extends realDate {
  constructor(...args) {
    super(...(args.length === 0 ? [now] : args));
  }

  static now() {
    return now;
  }
};
for (const name of ['debug', 'info', 'warn']) {
  console[name] = () => {};
}

const { createClerkClient } = await import('@clerk/backend');
const { reverificationError } = await import('@clerk/backend/internal');
const { isReverificationHint } = await import('@clerk/shared/authorization-errors');
const { validateReverificationConfig } = await import('@clerk/shared/authorization');

async function tell(instance, command, body = {}) {
  const response = await fetch(`${control}/${instance}/${command}`, { method: 'POST', body: JSON.stringify(body) });
  assert.equal(response.status, 200, `${instance} ${command}: ${response.status}`);
  return response.json();
}

// An application: a function from request to answer, served by nobody but the browser below.
class Application {
  constructor(instance, options = {}) {
    this.instance = instance;
    this.options = options;
    this.origin = options.origin ?? 'http://127.0.0.1:3000';
  }

  async start() {
    const about = await tell(this.instance, 'describe');
    now = about.now;
    this.about = about;
    this.clerk = createClerkClient({
      secretKey: about.secretKey, publishableKey: about.publishableKey, apiUrl: about.url, telemetry: { disabled: true },
      ...(this.options.client ?? {}),
    });
    return this;
  }

  authenticate(headers, options = {}, path = '/') {
    const { publishableKey, secretKey, url, signInUrl } = this.about;
    return this.clerk.authenticateRequest(new Request(this.origin + path, { headers }), {
      publishableKey, secretKey, proxyUrl: url, signInUrl, ...(this.options.authenticate ?? {}), ...options,
    });
  }

  async answer(url, headers) {
    const state = await this.authenticate(headers, {}, url.pathname + url.search);
    const location = state.headers.get('location');
    const answer = { headers: state.headers, location, status: location ? 307 : 200, reasons: [state.reason] };
    if (!location) {
      answer.state = state;
      answer.auth = state.toAuth();
    }
    return answer;
  }
}

// A browser: cookies by host name, redirects, forms.
class Browser {
  constructor(application) {
    this.application = application;
    this.jars = new Map();
  }

  cookies(host = new URL(this.application.origin).hostname) {
    if (!this.jars.has(host)) {
      this.jars.set(host, new Map());
    }
    const jar = this.jars.get(host);
    for (const [name, { until }] of jar) {
      if (until <= now) {
        jar.delete(name);
      }
    }
    return jar;
  }

  header(host) {
    return Array.from(this.cookies(host), ([name, { value }]) => `${name}=${value}`).join('; ');
  }

  keep(url, headers) {
    const jar = this.cookies(url.hostname);
    for (const line of headers.getSetCookie()) {
      const [pair, ...attributes] = line.split(';').map(part => part.trim());
      const name = pair.slice(0, pair.indexOf('='));
      const expires = attributes.find(a => /^expires=/i.test(a));
      const age = attributes.find(a => /^max-age=/i.test(a));
      const until = age ? now + 1000 * Number(age.slice(8)) : expires ? realDate.parse(expires.slice(8)) : Infinity;
      jar.set(name, { value: pair.slice(name.length + 1), until });
    }
  }

  async visit(target, form) {
    let url = new URL(target, this.application.origin);
    const trail = [];
    await advance(this.application.instance, 3); // People are slow, and the counter of redirects is gone by then.
    for (let hop = 0; hop < 15; hop++) {
      const headers = { accept: 'text/html', 'sec-fetch-dest': 'document', host: url.host };
      const cookie = this.header(url.hostname);
      if (cookie) {
        headers.cookie = cookie;
      }
      let answer;
      if (url.origin === this.application.origin) {
        answer = await this.application.answer(url, headers);
        trail.push(...answer.reasons);
      } else {
        const init = form && { method: 'POST', body: new URLSearchParams(form) };
        const response = await fetch(url, { ...init, headers, redirect: 'manual' });
        answer = { status: response.status, headers: response.headers, location: response.headers.get('location'), page: await response.text() };
      }
      form = undefined;
      this.keep(url, answer.headers);
      if (!answer.location) {
        return { ...answer, url, trail };
      }
      url = new URL(answer.location, url);
    }
    assert.fail(`${target} redirects for ever: ${trail.join(', ')}`);
  }

  // Signs in through the hosted page, as a person does.
  async signIn(email, password, back = '/') {
    const { signInUrl } = this.application.about;
    const dev = this.cookies().get('__clerk_db_jwt')?.value;
    const query = new URLSearchParams({ redirect_url: this.application.origin + back, ...(dev ? { __clerk_db_jwt: dev } : {}) });
    let page = await this.visit(`${signInUrl}?${query}`);
    assert.equal(page.status, 200, 'the hosted page answers');
    const form = { ...fields(page.page), identifier: email, password };
    return this.visit(new URL(/<form method="post" action="([^"]*)"/.exec(page.page)[1].replaceAll('&amp;', '&'), page.url), form);
  }
}

function fields(html) {
  const text = value => value.replaceAll('&amp;', '&').replaceAll('&#43;', '+').replaceAll('&#34;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&#39;', "'");
  return Object.fromEntries(Array.from(html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g), m => [m[1], text(m[2])]));
}

async function advance(instance, seconds) {
  ({ now } = await tell(instance, 'advance', { seconds }));
}

const mint = async (instance, kind, more = {}) => (await tell(instance, 'mint', { kind, ...more })).token;

const bearer = token => ({ authorization: `Bearer ${token}` });

function wantAuth(auth, want, what) {
  for (const [name, value] of Object.entries(want)) {
    assert.deepEqual(auth[name] ?? null, value, `${what}: ${name}`);
  }
}

const checks = {};

for (const [instance, production] of [['development', false], ['development-token', false], ['production', true], ['production-token', true]]) {
  checks[`first visit, hosted sign-in, sign-out on ${instance}`] = async () => {
    const application = await new Application(instance).start();
    const browser = new Browser(application);
    const first = await browser.visit('/cart?a=b');
    assert.equal(first.auth.userId, null);
    assert.equal(first.url.search, '?a=b', 'the address is restored');
    const unknown = 'session-token-and-uat-missing';
    assert.deepEqual(first.trail, production ? [unknown] : ['dev-browser-missing', 'session-token-missing', unknown], 'only a development instance starts with a handshake');

    const page = await browser.signIn('ada@example.com', 'wrong horse');
    assert.equal(page.status, 422, 'a wrong password does not sign in');
    const signedIn = await browser.signIn('ada@example.com', 'correct horse', '/cart?a=b');
    wantAuth(signedIn.auth, { userId: 'user_ada', isAuthenticated: true, tokenType: 'session_token', sessionStatus: 'active', orgId: null }, 'after sign-in');
    assert.equal(signedIn.url.pathname + signedIn.url.search, '/cart?a=b', 'the browser is where it wanted to be');
    const again = await browser.visit('/cart');
    assert.deepEqual([again.auth.userId, again.trail], ['user_ada', [null]], 'the next page needs no handshake');

    await tell(instance, 'revoke-sessions', { user: 'user_ada' });
    await advance(instance, 120);
    const gone = await browser.visit('/cart');
    assert.equal(gone.auth.userId, null, 'a revoked session ends when its token expires');
  };
}

checks['an expired session is renewed with its refresh token'] = async () => {
  for (const instance of ['development', 'production']) {
    const application = await new Application(instance).start();
    const browser = new Browser(application);
    await browser.visit('/');
    const { auth: before } = await browser.signIn('ada@example.com', 'correct horse');
    await advance(instance, 300);
    const cookie = browser.header();
    const renewed = await application.authenticate({ cookie, accept: 'text/html' });
    assert.equal(renewed.status, 'signed-in', `${instance}: ${renewed.reason}`);
    wantAuth(renewed.toAuth(), { userId: 'user_ada', sessionId: before.sessionId }, instance);
    assert.ok(renewed.headers.getSetCookie().some(line => line.startsWith('__session=')), 'the new token is set');

    const forged = await application.authenticate({ cookie: cookie.replace(/__refresh_([^=]+)=[^;]+/, '__refresh_$1=rt_forged'), accept: 'text/html' });
    assert.equal(forged.status, 'handshake');
    assert.match(forged.reason, /^session-token-expired-refresh-/);
    await tell(instance, 'revoke-sessions', { user: 'user_ada' });
    const revoked = await application.authenticate({ cookie, accept: 'text/html' });
    assert.notEqual(revoked.status, 'signed-in', 'a revoked session is not renewed');
  }
};

checks['an expired session without refresh token is renewed by a handshake'] = async () => {
  const application = await new Application('development').start();
  const browser = new Browser(application);
  await browser.visit('/');
  await browser.signIn('ada@example.com', 'correct horse');
  browser.cookies().delete(`__refresh_${application.about.suffix}`);
  await advance('development', 300);
  const { auth, trail } = await browser.visit('/');
  assert.equal(auth.userId, 'user_ada');
  assert.equal(trail[0], 'session-token-expired-refresh-non-eligible-no-refresh-cookie');
};

checks['organizations are activated by the address'] = async () => {
  for (const instance of ['development', 'development-token', 'production']) {
    const organizationSyncOptions = { organizationPatterns: ['/orgs/:slug', '/orgs/:slug/(.*)', '/by-id/:id'], personalAccountPatterns: ['/me'] };
    const application = await new Application(instance, { authenticate: { organizationSyncOptions } }).start();
    const browser = new Browser(application);
    await browser.visit('/');
    await browser.signIn('ada@example.com', 'correct horse');
    const acme = await browser.visit('/orgs/acme/invoices');
    wantAuth(acme.auth, { userId: 'user_ada', orgId: 'org_acme', orgSlug: 'acme', orgRole: 'org:admin', orgPermissions: ['org:invoices:create'] }, instance);
    assert.equal(acme.trail[0], 'active-organization-mismatch');
    assert.equal(acme.auth.has({ permission: 'org:invoices:create' }), true);
    assert.equal((await browser.visit('/by-id/org_other')).auth.orgSlug, 'other');
    assert.equal((await browser.visit('/x')).auth.orgId, 'org_other', 'an address of no organization changes nothing');
    assert.equal((await browser.visit('/me')).auth.orgId ?? null, null);
    assert.notEqual((await browser.visit('/orgs/unknown')).auth.orgSlug, 'unknown', 'nobody gets into an organization that there is not');
  }
};

checks['session tokens of both versions carry the same rights'] = async () => {
  for (const instance of ['development', 'development-version-1', 'production']) {
    const application = await new Application(instance).start();
    for (const version of [1, 2]) {
      const token = await mint(instance, 'session', { user: 'user_ada', org: 'acme', version, claims: { fva: [3, -1] } });
      const state = await application.authenticate(bearer(token));
      assert.equal(state.status, 'signed-in', state.reason);
      const auth = state.toAuth();
      wantAuth(auth, {
        userId: 'user_ada', orgId: 'org_acme', orgSlug: 'acme', orgRole: 'org:admin', orgPermissions: ['org:invoices:create'], factorVerificationAge: [3, -1],
      }, `version ${version}`);
      const asked = [
        [{ role: 'org:admin' }, true], [{ role: 'org:member' }, false], [{ permission: 'org:invoices:create' }, true], [{ permission: 'org:invoices:delete' }, false],
        [{ reverification: 'strict' }, true], [{ reverification: 'strict_mfa' }, true], [{ reverification: { level: 'first_factor', afterMinutes: 3 } }, false],
      ];
      if (version === 2) {
        asked.push([{ feature: 'org:invoices' }, true], [{ feature: 'reports' }, true], [{ feature: 'user:invoices' }, false], [{ plan: 'team' }, true], [{ plan: 'user:pro' }, true], [{ plan: 'org:pro' }, false]);
      }
      for (const [query, want] of asked) {
        assert.equal(auth.has(query), want, `version ${version}: has(${JSON.stringify(query)})`);
      }
    }
    const { token } = await tell(instance, 'mint', { kind: 'session', user: 'user_bob' });
    const alone = (await application.authenticate(bearer(token))).toAuth();
    assert.deepEqual([alone.orgId ?? null, alone.has({ role: 'org:member' })], [null, false]);
  }
};

checks['keys may be configured as text'] = async () => {
  const application = await new Application('development').start();
  const token = await mint('development', 'session', { user: 'user_ada' });
  const foreign = await mint('another-with-other-key', 'session', { user: 'user_ada' });
  const { jwtKey } = application.about;
  assert.equal((await application.authenticate(bearer(token), { jwtKey })).status, 'signed-in');
  assert.equal((await application.authenticate(bearer(foreign), { jwtKey })).reason, 'token-invalid-signature');
  assert.notEqual((await application.authenticate(bearer(foreign))).status, 'signed-in');
};

checks['tokens that are no sessions do not sign in'] = async () => {
  const application = await new Application('development').start();
  for (const kind of ['template', 'm2m-jwt', 'oauth-jwt', 'm2m', 'oauth', 'api-key']) {
    const state = await application.authenticate(bearer(await mint('development', kind, { user: 'user_ada' })), { acceptsToken: ['session_token'] });
    assert.equal(state.reason, 'token-type-mismatch', kind);
  }
};

checks['machine tokens verify until they are revoked'] = async () => {
  const kinds = [
    ['m2m', 'm2m_token', { Subject: 'mch_1', Scopes: ['mch_2'], Claims: { role: 'worker' } }, { machineId: 'mch_1', subject: 'mch_1', scopes: ['mch_2'], claims: { role: 'worker' } }],
    ['m2m-jwt', 'm2m_token', { Subject: 'mch_1', Scopes: ['mch_2'] }, { machineId: 'mch_1', subject: 'mch_1', scopes: ['mch_2'] }],
    ['oauth', 'oauth_token', { Subject: 'user_ada', Scopes: ['profile', 'email'], ClientID: 'client_1' }, { userId: 'user_ada', clientId: 'client_1', scopes: ['profile', 'email'] }],
    ['oauth-jwt', 'oauth_token', { Subject: 'user_ada', Scopes: ['profile', 'email'], ClientID: 'client_1' }, { userId: 'user_ada', clientId: 'client_1', scopes: ['profile', 'email'] }],
    ['api-key', 'api_key', { Name: 'ci', Subject: 'user_ada', Scopes: ['read'], Claims: { tier: 'gold' } }, { userId: 'user_ada', orgId: null, name: 'ci', scopes: ['read'], claims: { tier: 'gold' } }],
    ['api-key', 'api_key', { Subject: 'org_acme' }, { userId: null, orgId: 'org_acme', subject: 'org_acme' }],
  ];
  for (const instance of ['development', 'production']) {
    const application = await new Application(instance).start();
    for (const [kind, type, machine, want] of kinds) {
      const token = await mint(instance, kind, { machine });
      for (const acceptsToken of [type, 'any', ['session_token', type]]) {
        const state = await application.authenticate(bearer(token), { acceptsToken });
        assert.equal(state.status, 'signed-in', `${kind} as ${acceptsToken}: ${state.reason}`);
        wantAuth(state.toAuth(), { tokenType: type, isAuthenticated: true, ...want }, kind);
      }
      const others = ['m2m_token', 'oauth_token', 'api_key', 'session_token'].filter(other => other !== type);
      assert.equal((await application.authenticate(bearer(token), { acceptsToken: others })).reason, 'token-type-mismatch', kind);

      if (!kind.endsWith('-jwt')) {
        assert.equal((await tell(instance, 'revoke', { token })).revoked, true);
        const state = await application.authenticate(bearer(token), { acceptsToken: type });
        assert.deepEqual([state.status, state.reason], ['signed-out', 'token-invalid'], `${kind}, revoked`);
      }
      const dying = await mint(instance, kind, { machine: { ...machine, Lifetime: 60e9 } });
      assert.equal((await application.authenticate(bearer(dying), { acceptsToken: type })).status, 'signed-in', `${kind}, for a minute`);
      await advance(instance, 120);
      assert.equal((await application.authenticate(bearer(dying), { acceptsToken: type })).status, 'signed-out', `${kind}, after a minute`);
    }
    const wrong = await new Application(instance, { client: { secretKey: 'sk_test_wrong' } }).start();
    const state = await wrong.authenticate(bearer(await mint(instance, 'api-key', {})), { acceptsToken: 'api_key', secretKey: 'sk_test_wrong' });
    assert.deepEqual([state.status, state.reason], ['signed-out', 'secret-key-invalid']);
    const machine = await new Application(instance, { client: { machineSecretKey: application.about.machineSecretKey } }).start();
    assert.equal((await machine.authenticate(bearer(await mint(instance, 'm2m', {})), { acceptsToken: 'm2m_token', machineSecretKey: application.about.machineSecretKey })).status, 'signed-in');
  }
};

checks['the Backend API serves the reference'] = async () => {
  const { clerk } = await new Application('development').start();
  const { data, totalCount } = await clerk.users.getUserList({ emailAddress: ['ada@example.com'] });
  assert.deepEqual([data.map(user => user.id), totalCount], [['user_ada'], 1]);
  assert.equal((await clerk.users.getUser('user_bob')).primaryEmailAddress.emailAddress, 'bob@example.com');
  assert.equal(await clerk.users.getCount(), 2);
  const memberships = await clerk.organizations.getOrganizationMembershipList({ organizationId: 'org_acme' });
  assert.deepEqual(memberships.data.map(m => m.publicUserData.userId).sort(), ['user_ada', 'user_bob']);
  assert.equal((await clerk.organizations.getOrganization({ slug: 'acme' })).id, 'org_acme');
  await assert.rejects(clerk.users.getUser('user_nobody'), error => error.status === 404 && error.errors[0].code === 'resource_not_found');
  const ticket = await clerk.signInTokens.createSignInToken({ userId: 'user_ada', expiresInSeconds: 60 });
  assert.equal(ticket.userId, 'user_ada');
  const session = await clerk.sessions.createSession({ userId: 'user_ada' });
  const { jwt } = await clerk.sessions.getToken(session.id);
  assert.ok(jwt.split('.').length === 3);
  assert.equal((await clerk.sessions.revokeSession(session.id)).status, 'revoked');
};

// What useReverification() does in a browser with the answer of a fetcher.
checks['a browser understands that the user has to be verified anew'] = async () => {
  const own = { level: 'first_factor', afterMinutes: 2.5 };
  for (const instance of ['development', 'production']) {
    await new Application(instance).start();
    const call = async (path, claims, init = {}) => fetch(`${control}/${instance}/application${path}`, {
      ...init, headers: { ...init.headers, ...bearer(await mint(instance, 'session', { user: 'user_ada', claims })) },
    });
    for (const [path, config] of [['/strict_mfa', 'strict_mfa'], ['/strict', 'strict'], ['/moderate', 'moderate'], ['/lax', 'lax'], ['/own', own]]) {
      for (const method of ['GET', 'POST', 'DELETE']) {
        const response = await call(path, { fva: [5000, 5000] }, { method });
        const { status, headers } = response;
        assert.deepEqual([status, headers.get('content-type'), headers.get('cache-control')], [403, 'application/json', 'private, no-store'], `${instance} ${method} ${path}`);
        const answer = await response.json();
        assert.ok(isReverificationHint(answer), JSON.stringify(answer));
        const want = validateReverificationConfig(config)();
        assert.deepEqual(answer, reverificationError(want), 'the answer is that of the reference');
        assert.deepEqual(validateReverificationConfig(answer.clerk_error.metadata.reverification)(), want, 'the level and the age are understood');
      }
      const fresh = await call(path, { fva: [1, 1] });
      assert.deepEqual([fresh.status, await fresh.json()], [200, { user: 'user_ada' }], 'afterwards the same request is answered');
    }
    assert.equal((await call('/strict', { fva: [5000, 5000] }, { headers: { accept: 'text/html' } })).status, 404, 'a page load gets no JSON');
    const role = await call('/admin', { fva: [5000, 5000] });
    assert.deepEqual([role.status, isReverificationHint(await role.json().catch(() => null))], [404, null], 'who lacks a role is not asked');
  }
};

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
  } catch (error) {
    failed++;
    process.stderr.write(`failed: ${name}: ${error?.stack ?? error}\n`);
  }
}
process.stdout.write(`${Object.keys(checks).length} checks of the reference against clerktest, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);
