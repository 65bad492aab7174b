import { computed, signal } from '@preact/signals';
import { ApiError, ask } from '../api/client.ts';
import { forgetAnswers } from '../api/resource.ts';
import type { Session } from '../api/types.ts';
import { forgetRecent } from './recent.ts';

/** Who is signed in; null while it is asked. */
export const session = signal<Session | null>(null);
/** Why it cannot be asked. */
export const sessionError = signal<ApiError | null>(null);
/** Whether the server wants to know who somebody is before it shows anything. */
export const isLockedOut = computed(() => session.value?.auth === 'none');

/** Asks the server who we are. */
export async function readSession(): Promise<void> {
  try {
    session.value = await ask<Session>('api/session');
    sessionError.value = null;
  } catch (error) {
    if (error instanceof ApiError) sessionError.value = error;
  }
}

/** Exchanges a key for a session. The key is not kept. */
export async function signIn(key: string): Promise<void> {
  await ask('api/session', { method: 'POST', body: { key } });
  forgetAnswers();
  forgetRecent();
  await readSession();
}

/** Ends the session of this browser. */
export async function signOut(): Promise<void> {
  await ask('api/session', { method: 'DELETE' });
  forgetAnswers();
  forgetRecent();
  await readSession();
}
