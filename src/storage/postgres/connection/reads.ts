import type { Session } from './session.ts';

/** Where statements that change nothing are run. */
export interface Reads {
  /**
   * @param work may run twice; `walkStart` is the moment as `selectTracePage` gives it, where the session itself cannot
   *   tell: null where it can
   */
  read<Result>(
    work: (session: Session, walkStart: string | null) => Promise<Result>,
  ): Promise<Result>;
}
