import { auth } from '@clerk/nextjs/server';

export async function GET() {
  const { userId, sessionId, orgId, orgRole } = await auth();
  return Response.json({ userId: userId ?? '', sessionId: sessionId ?? '', orgId: orgId ?? '', orgRole: orgRole ?? '' });
}
