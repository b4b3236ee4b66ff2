// Answers conformance cases with the reference implementation.
//
// Cases are JSON lines on standard input, answers JSON lines on standard output, in the same order. Everything that
// would make an answer depend on the machine is replaced before the reference is loaded: the clock, timers, the
// network and the console. With -patterns the cases are pattern cases.
//
//   node answer.mjs < cases.jsonl > want.jsonl
//   node answer.mjs -patterns < patterns.jsonl > want.jsonl

import { createInterface } from 'node:readline';

const realDate = Date;
const print = process.stdout.write.bind(process.stdout);

// The state of the world that the case being answered sees. Cases are answered one after the other, so there is one.
const world = { now: 0, base: '', backend: {}, calls: [] };

class CaseDate extends realDate {
  constructor(...args) {
    if (args.length === 0) {
      super(world.now);
    } else {
      super(...args);
    }
  }

  static now() {
    return world.now;
  }
}

globalThis.Date = CaseDate;
globalThis.setTimeout = (callback, _delay, ...args) => setImmediate(callback, ...args);
globalThis.fetch = answerBackendCall;
for (const name of ['debug', 'error', 'info', 'log', 'trace', 'warn']) {
  console[name] = () => {};
}

const notFound = {
  status: 404,
  json: { errors: [{ code: 'resource_not_found', message: 'not found', long_message: 'not found' }] },
};

async function answerBackendCall(input, init) {
  const request = new Request(input, init);
  const url = new URL(request.url);
  world.calls.push({
    method: request.method,
    path: url.pathname,
    query: url.search,
    authorization: request.headers.get('authorization'),
    apiVersion: request.headers.get('clerk-api-version'),
    body: request.body === null ? null : await request.text(),
  });
  const reply = findReply(request.method, url) ?? notFound;
  if (reply.networkError) {
    throw new TypeError('fetch failed');
  }
  const status = reply.status ?? 200;
  let contentType = 'text/plain';
  let body = reply.text ?? '';
  if ('json' in reply) {
    contentType = 'application/json';
    body = JSON.stringify(reply.json);
  }
  if (status === 204) {
    return new Response(null, { status });
  }
  return new Response(body, { status, headers: { 'content-type': reply.contentType ?? contentType } });
}

function findReply(method, url) {
  const path = url.pathname;
  if (method === 'GET') {
    if (path.endsWith('/jwks')) {
      return world.backend.jwks;
    }
    if (path.endsWith('/clients/handshake_payload')) {
      const nonce = url.searchParams.get('nonce');
      return own(world.backend.handshake_payload, nonce) ?? own(world.backend, `handshake_payload.${nonce}`);
    }
  }
  if (method === 'POST') {
    if (/\/sessions\/.+\/refresh$/.test(path)) {
      return world.backend.refresh;
    }
    if (path.endsWith('/m2m_tokens/verify')) {
      return world.backend.m2m;
    }
    if (path.endsWith('/oauth_applications/access_tokens/verify')) {
      return world.backend.oauth;
    }
    if (path.endsWith('/api_keys/verify')) {
      return world.backend.api_keys;
    }
  }
  return undefined;
}

function own(object, key) {
  return object && Object.hasOwn(object, key) ? object[key] : undefined;
}

// Loaded only now: the reference keeps the fetch function it finds when it is loaded.
const { createClerkClient, verifyToken } = await import('@clerk/backend');
const { createClerkRequest, createRedirect, verifyMachineAuthToken } = await import('@clerk/backend/internal');
const { createPathMatcher } = await import('@clerk/shared/pathMatcher');
const { match } = await import('@clerk/shared/pathToRegexp');

const environment = ['VERCEL_TARGET_ENV', 'VERCEL_PROJECT_PRODUCTION_URL', 'CLERK_DISABLE_AUTO_PROXY'];
const clientOptions = ['publishableKey', 'secretKey', 'machineSecretKey', 'jwtKey'];
const authFields = {
  session_token: [
    'tokenType', 'isAuthenticated', 'userId', 'sessionId', 'sessionStatus', 'orgId', 'orgRole', 'orgSlug',
    'orgPermissions', 'actor', 'factorVerificationAge', 'sessionClaims',
  ],
  api_key: ['tokenType', 'isAuthenticated', 'id', 'subject', 'name', 'scopes', 'claims', 'userId', 'orgId'],
  m2m_token: ['tokenType', 'isAuthenticated', 'id', 'subject', 'scopes', 'claims', 'machineId'],
  oauth_token: ['tokenType', 'isAuthenticated', 'id', 'subject', 'scopes', 'userId', 'clientId'],
};

let serial = 0;

async function answer(test) {
  serial++;
  await forgetKeys();
  world.now = test.now;
  world.base = `http://case-${serial}.backend.test`;
  world.backend = test.backend ?? {};
  world.calls = [];
  setEnvironment(test.env ?? {});

  const { apiUrl = '', apiVersion, clockSkewInMs, ...rest } = test.options ?? {};
  const options = { ...rest };
  if (clockSkewInMs !== undefined && clockSkewInMs !== null) {
    options.clockSkewInMs = clockSkewInMs;
  }
  const request = new Request(test.request.url, { method: test.request.method, headers: test.request.headers });
  const clerkRequest = createClerkRequest(request);
  const result = {
    id: test.id, status: 'error', reason: null, message: null, headers: [], tokenType: null, auth: null, has: null,
    redirectToSignIn: null, redirectToSignUp: null, error: null, backendCalls: [],
  };
  let state;
  try {
    const client = createClerkClient({
      ...Object.fromEntries(clientOptions.filter(key => key in options).map(key => [key, options[key]])),
      apiUrl: world.base + apiUrl,
      apiVersion,
      telemetry: { disabled: true },
    });
    state = await client.authenticateRequest(request, options);
  } catch (error) {
    result.error = clean(String(error?.message ?? error));
    addCalls(result);
    return result;
  }
  addCalls(result);
  result.status = state.status;
  result.reason = state.reason;
  result.message = state.message === null ? null : clean(state.message);
  result.headers = Array.from(state.headers, ([name, value]) => [name, clean(value)]);
  result.tokenType = state.tokenType ?? null;
  result.token = state.token ?? null;
  result.clerkUrl = clerkRequest.clerkUrl.toString();
  const { proxyUrl, domain, isSatellite, signInUrl, signUpUrl } = state;
  result.state = { proxyUrl, domain, isSatellite, signInUrl, signUpUrl };

  const auth = addAuth(result, state, test.has);
  await addAct(result, state, { ...options, apiUrl: world.base + apiUrl, apiVersion });
  if (test.redirect) {
    addRedirects(result, state, auth, clerkRequest, options.publishableKey, test.redirect);
  }
  return result;
}

function addCalls(result) {
  result.backendCalls = world.calls.map(call => `${call.method} ${call.path}${call.query}`);
  result.backendRequests = world.calls;
}

function addAuth(result, state, queries) {
  if (state.status === 'handshake') {
    return null;
  }
  let auth;
  try {
    auth = state.toAuth();
    if (state.status === 'signed-in' && auth.sessionStatus === 'pending') {
      result.authPending = pick(state.toAuth({ treatPendingAsSignedOut: false }));
    }
  } catch (error) {
    result.authError = clean(String(error?.message ?? error));
    return null;
  }
  if (state.status === 'signed-in') {
    result.auth = pick(auth);
  }
  if (queries) {
    result.has = queries.map(query => auth.has(query));
  }
  return auth;
}

// The Auth object of an OAuth access token does not say who acts; the token that is verified for it does.
async function addAct(result, state, options) {
  if (state.status !== 'signed-in' || state.tokenType !== 'oauth_token') {
    return;
  }
  const calls = world.calls;
  world.calls = [];
  const { data } = await verifyMachineAuthToken(state.token, options);
  world.calls = calls;
  if (data?.act) {
    result.act = data.act;
  }
}

function pick(auth) {
  return Object.fromEntries(authFields[auth.tokenType].map(name => [name, auth[name] ?? null]));
}

function addRedirects(result, state, auth, clerkRequest, publishableKey, { returnBackUrl }) {
  const { clerkUrl, cookies } = clerkRequest;
  const { redirectToSignIn, redirectToSignUp } = createRedirect({
    redirectAdapter: url => url,
    baseUrl: clerkUrl,
    devBrowserToken: clerkUrl.searchParams.get('__clerk_db_jwt') || cookies.get('__clerk_db_jwt'),
    signInUrl: state.signInUrl,
    signUpUrl: state.signUpUrl,
    isSatellite: state.isSatellite,
    publishableKey,
    sessionStatus: auth?.tokenType === 'session_token' ? auth.sessionStatus : null,
  });
  const back = returnBackUrl === null ? '' : returnBackUrl || clerkUrl.toString();
  for (const [name, redirect] of Object.entries({ redirectToSignIn, redirectToSignUp })) {
    try {
      result[name] = redirect({ returnBackUrl: back });
    } catch (error) {
      result[name] = '!throws';
      result[`${name}Error`] = clean(String(error?.message ?? error));
    }
  }
}

function clean(text) {
  return text.replaceAll(world.base, '{{API}}');
}

function setEnvironment(values) {
  for (const name of environment) {
    if (name in values) {
      process.env[name] = values[name];
    } else {
      delete process.env[name];
    }
  }
}

// The reference keeps every key set it ever fetched, by address, and drops the expired ones when it meets a new
// address. Every case has an address of its own; now and then a failing call far in the future drops them all.
async function forgetKeys() {
  if (serial % 200 !== 0) {
    return;
  }
  Object.assign(world, { now: 8e15, backend: { jwks: { networkError: true } }, calls: [] });
  const apiUrl = `http://forget-${serial}.backend.test`;
  await verifyToken('e30.e30.', { secretKey: 'sk_test_forget', apiUrl }).catch(() => {});
}

function answerPatterns({ id, patterns, path }) {
  const compiled = patterns.map(p => (typeof p === 'string' ? p : new RegExp(p.regexp, p.flags)));
  return { id, routeMatcher: answerRouteMatcher(compiled, path), match: answerMatch(compiled, path) };
}

function answerRouteMatcher(patterns, path) {
  let matches;
  try {
    matches = createPathMatcher(patterns);
  } catch (error) {
    return { error: 'invalid-pattern', detail: String(error.message) };
  }
  try {
    return { matched: matches(path) };
  } catch (error) {
    return { error: 'malformed-url', detail: String(error.message) };
  }
}

function answerMatch(patterns, path) {
  let find;
  try {
    find = match(patterns);
  } catch (error) {
    return { error: 'invalid-pattern', detail: String(error.message) };
  }
  const found = find(path);
  return found ? { matched: true, params: { ...found.params } } : { matched: false, params: null };
}

const patternMode = process.argv.slice(2).some(flag => /^--?patterns$/.test(flag));
let number = 0;
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  number++;
  if (line.trim() === '') {
    continue;
  }
  let text;
  try {
    const test = JSON.parse(line);
    text = JSON.stringify(patternMode ? answerPatterns(test) : await answer(test));
  } catch (error) {
    process.stderr.write(`line ${number}: ${error?.stack ?? error}\n`);
    process.exit(2);
  }
  if (!print(`${text}\n`)) {
    await new Promise(resolve => process.stdout.once('drain', resolve));
  }
}
