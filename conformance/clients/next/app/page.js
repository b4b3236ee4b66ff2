import { UserButton } from '@clerk/nextjs';
import { auth, currentUser } from '@clerk/nextjs/server';

export default async function Page() {
  const { userId, orgId } = await auth();
  const user = await currentUser();
  return (
    <main>
      <p id="server">{userId ? `signed in as ${userId} in ${orgId ?? 'no organization'}` : 'signed out'}</p>
      <p id="email">{user?.primaryEmailAddress?.emailAddress}</p>
      {userId && <UserButton />}
    </main>
  );
}
