// The application of ../serve.go with Express and Clerk's middleware. It prints the
// address on which it listens.
import { clerkMiddleware, getAuth } from '@clerk/express';
import express from 'express';

const user = process.env.BENCH_USER;
const app = express();
app.disable('x-powered-by');
app.use(
  clerkMiddleware({
    publishableKey: process.env.CLERK_PUBLISHABLE_KEY,
    secretKey: process.env.CLERK_SECRET_KEY,
    jwtKey: process.env.CLERK_JWT_KEY,
    authorizedParties: [process.env.BENCH_PARTY],
  }),
);
app.get('/dashboard', (req, res) => {
  res.status(getAuth(req).userId === user ? 204 : 401).end();
});
const server = app.listen(0, '127.0.0.1', () => {
  console.log(`127.0.0.1:${server.address().port}`);
});
