// An application of Express with Clerk's own middleware. It prints the port on which it listens. PAGE is what a page
// begins with.
import { clerkMiddleware, getAuth } from '@clerk/express';
import express from 'express';

const app = express();
app.use(clerkMiddleware());

const show = (req, res) => {
  const { userId, orgId } = getAuth(req);
  const server = userId ? `signed in as ${userId} in ${orgId ?? 'no organization'}` : 'signed out';
  res.type('html').send(`<!doctype html>${process.env.PAGE}<p id="server">${server}</p>`);
};
app.get('/', show);
app.get('/dashboard', (req, res) => {
  if (getAuth(req).userId) return show(req, res);
  const from = `http://${req.get('host')}${req.originalUrl}`;
  res.redirect(`${process.env.CLERK_SIGN_IN_URL}?redirect_url=${encodeURIComponent(from)}`);
});
app.get('/api/me', (req, res) => {
  const { userId, sessionId, orgId, orgRole } = getAuth(req);
  res.json({ userId: userId ?? '', sessionId: sessionId ?? '', orgId: orgId ?? '', orgRole: orgRole ?? '' });
});
const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port));
