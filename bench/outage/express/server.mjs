// The application of ../subjects.go with Express and Clerk's middleware. It prints
// the address on which it listens.
import { clerkClient, clerkMiddleware, getAuth, requireAuth } from '@clerk/express';
import express from 'express';

const app = express();
app.disable('x-powered-by');
app.use(clerkMiddleware());

const show = (res, status, user) => {
  res.status(status).set('X-Found-User', user ?? '').send('a page\n');
};

app.get('/', (req, res) => show(res, 200, getAuth(req).userId));
app.get('/dashboard', requireAuth(), (req, res) => show(res, 200, getAuth(req).userId));
app.get('/api/me', (req, res) => {
  const { userId } = getAuth(req);
  show(res, userId ? 200 : 401, userId);
});
app.get('/machine', (req, res) => {
  const auth = getAuth(req, { acceptsToken: 'api_key' });
  show(res, auth.isAuthenticated ? 200 : 401, auth.subject);
});
app.get('/user', requireAuth(), async (req, res) => {
  const user = await clerkClient.users.getUser(getAuth(req).userId);
  show(res, 200, user.id);
});

const server = app.listen(0, '127.0.0.1', () => {
  console.log(`127.0.0.1:${server.address().port}`);
});
