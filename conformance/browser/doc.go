// Package browser walks real pages in a real browser, headless Chromium, with Clerk's own scripts
// in them: the application is guarded by an adapter, and Clerk is clerktest.
//
// Its tests need Chromium and the scripts, which make browser fetches, so they are built
// with the tag browser only: make browser runs them.
package browser
