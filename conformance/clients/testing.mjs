// Signs in and out with the helpers of @clerk/testing. APP is the address of an application, CLERK_API_URL and the keys those of
// the instance, CHROMIUM the browser. The helpers speak to https only, and take the instance's host from the publishable key
// unless they are told; clerk.signIn({ emailAddress }) asks Clerk's own servers whatever it is told, so it is not used.
import assert from 'node:assert/strict';
import { createClerkClient } from '@clerk/backend';
import { clerk, clerkSetup, createAgentTestingTask, setupClerkTestingToken } from '@clerk/testing/playwright';
import { browse, loaded, says } from './chromium.mjs';

const { APP: app, CLERK_API_URL: apiUrl, CLERK_SECRET_KEY: secretKey } = process.env;
const backend = createClerkClient({ apiUrl, secretKey, telemetry: { disabled: true } });

await clerkSetup({ frontendApiUrl: new URL(apiUrl).host, dotenv: false });
assert.match(process.env.CLERK_TESTING_TOKEN, /^tt_/);
const grace = await backend.users.createUser({ emailAddress: ['grace+clerk_test@example.com'], phoneNumber: ['+12015550199'], password: 'grace-password', skipPasswordChecks: true });
const ticket = async () => (await backend.signInTokens.createSignInToken({ userId: grace.id, expiresInSeconds: 60 })).token;

await browse(async page => {
  await setupClerkTestingToken({ page });
  for (const signInParams of [
    { strategy: 'ticket', ticket: await ticket() },
    { strategy: 'password', identifier: 'grace+clerk_test@example.com', password: 'grace-password' },
    { strategy: 'email_code', identifier: 'grace+clerk_test@example.com' },
    { strategy: 'phone_code', identifier: '+12015550199' }, // The seed's authentication has it.
  ]) {
    await page.goto(app + '/');
    await loaded(page);
    await says(page, 'signed out');
    await clerk.signIn({ page, signInParams });
    await page.goto(app + '/dashboard');
    await says(page, `signed in as ${grace.id}`);
    await loaded(page);
    await clerk.signOut({ page, signOutOptions: { redirectUrl: '/?out' } });
    await page.waitForURL(url => url.search === '?out');
    await says(page, 'signed out');
    console.log('signed in and out by', signInParams.strategy);
  }
  await page.goto(app + '/');
  await loaded(page);
  await assert.rejects(clerk.signIn({ page, signInParams: { strategy: 'ticket', ticket: 'none' } }), /Failed to sign in/);
  await assert.rejects(clerk.signIn({ page, signInParams: { strategy: 'password', identifier: 'grace+clerk_test@example.com', password: 'wrong' } }), /Failed to sign in/);
}, /status of 422 .*\/v1\/client\/sign_ins/);

// What the instance saw: what clerk-js asked of the Frontend API has the token.
const seen = await (await fetch(`${apiUrl}/_emulator/requests?limit=1000`)).json();
const asked = seen.data.filter(r => new URLSearchParams(r.query).has('_clerk_js_version'));
const without = asked.filter(r => new URLSearchParams(r.query).get('__clerk_testing_token') !== process.env.CLERK_TESTING_TOKEN);
console.log(`${asked.length} requests of clerk-js, ${without.length} of them without the testing token`);
assert.ok(asked.length > 20);
assert.deepEqual(without.map(r => `${r.method} ${r.path}?${r.query}`), []);

// In a context of its own: where the helper adds testing tokens, it takes the link's page for JSON.
await browse(async page => {
  const task = await createAgentTestingTask({ onBehalfOf: { userId: grace.id }, permissions: '*', agentName: 'tests', taskDescription: 'walk', redirectUrl: app + '/dashboard' });
  await page.goto(task.url);
  await says(page, `signed in as ${grace.id}`);
});
