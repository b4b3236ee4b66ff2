import { auth } from '@clerk/nextjs/server';

export default async function Page() {
  await auth.protect();
  const { userId, orgId } = await auth();
  return <p id="server">{`signed in as ${userId} in ${orgId ?? 'no organization'}`}</p>;
}
