// What the scripts that drive a browser have in common.
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

// patience is how long a page may take for what it is waited for.
const patience = 60_000;

// browse gives a function a fresh context of Debian's Chromium, and fails for what its pages complain about, but for
// what is meant to. BROWSER_ARGS are arguments of the browser.
export async function browse(walk, meant = /^$/) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: [...(process.env.BROWSER_ARGS ?? '').split(' ').filter(Boolean), '--disable-dev-shm-usage', ...(process.getuid() === 0 ? ['--no-sandbox'] : [])],
  });
  const context = await browser.newContext();
  context.setDefaultTimeout(patience);
  const faults = [];
  context.on('weberror', e => faults.push(String(e.error())));
  context.on('console', m => m.type() === 'error' && faults.push(`${m.text()} ${m.location().url}`));
  const page = await context.newPage();
  try {
    await walk(page);
    assert.deepEqual(faults.filter(fault => !meant.test(fault)), []);
  } catch (err) {
    console.error(err.stack, '\nthe page:', page.url(), await page.locator('body').innerText().catch(e => e.message), '\nfaults:', faults);
    process.exitCode = 1;
  } finally {
    await browser.close();
  }
}

// says waits until the server of a page says something in it.
export const says = (page, text) => page.locator('#server', { hasText: text }).waitFor();

// loaded waits for clerk-js.
export const loaded = page => page.waitForFunction(() => window.Clerk?.loaded);
