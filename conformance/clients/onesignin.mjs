// Signs in at one of several applications in Chromium, and asks all of them who it is. APPS is their addresses, CHROMIUM
// the browser.
import assert from 'node:assert/strict';
import { browse, loaded, says } from './chromium.mjs';

const apps = JSON.parse(process.env.APPS), names = Object.keys(apps);
const nobody = { userId: '', sessionId: '', orgId: '', orgRole: '' };

// whoAmI asks every application, by a page load, clerk-js in that page and a call of its script, and wants one answer.
async function whoAmI(page, what, text) {
  const answers = [];
  for (const name of names) {
    await page.goto(apps[name] + '/');
    await says(page, text);
    await loaded(page);
    const me = await page.evaluate(() => fetch('/api/me').then(r => r.json()));
    assert.deepEqual(await page.evaluate(() => [Clerk.user?.id ?? '', Clerk.session?.id ?? '', Clerk.organization?.id ?? '']), [me.userId, me.sessionId, me.orgId], `${what}, clerk-js and the server of ${name}`);
    answers.push(me);
  }
  for (const [i, name] of names.entries()) assert.deepEqual(answers[i], answers[0], `${what}, ${name} and ${names[0]}`);
  console.log(`${what}: ${names.join(', ')} answer`, answers[0]);
  return answers[0];
}

await browse(async page => {
  assert.deepEqual(await whoAmI(page, 'before', 'signed out'), nobody);
  for (const [i, at] of names.entries()) {
    const leave = names[(i + 1) % names.length];
    await page.goto(apps[at] + '/dashboard');
    await page.waitForURL(url => url.pathname === '/sign-in');
    await page.fill('#identifier', 'ada@example.com');
    await page.fill('#password', 'ada-password');
    await page.click('button[type=submit]');
    await page.waitForURL(apps[at] + '/dashboard');
    await says(page, 'signed in as user_ada in no organization');
    const me = await whoAmI(page, `signed in at ${at}`, 'signed in as user_ada in no organization');
    assert.deepEqual({ ...me, sessionId: '' }, { ...nobody, userId: 'user_ada' });
    assert.notEqual(me.sessionId, '');

    const token = await page.evaluate(async () => {
      await Clerk.setActive({ organization: 'org_acme' });
      return Clerk.session.getToken();
    });
    const member = { ...me, orgId: 'org_acme', orgRole: 'org:admin' };
    assert.deepEqual(await whoAmI(page, 'in an organization', 'signed in as user_ada in org_acme'), member);
    for (const name of names) {
      const answer = await fetch(apps[name] + '/api/me', { headers: { Authorization: `Bearer ${token}` } });
      assert.deepEqual(await answer.json(), member, `a token from ${names.at(-1)} at ${name}`);
    }

    await page.goto(apps[leave] + '/');
    await loaded(page);
    await page.evaluate(() => Clerk.signOut({ redirectUrl: '/?out' }));
    await page.waitForURL(url => url.search === '?out');
    await says(page, 'signed out');
    assert.deepEqual(await whoAmI(page, `signed out at ${leave}`, 'signed out'), nobody);
  }
});
