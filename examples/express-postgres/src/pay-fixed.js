import { track, trackLock } from './raceway.js';

/** Takes an amount from an account. The fix: whoever reads the row holds it until it is written. */
export async function pay(pool, account, amount) {
  const variable = `db:accounts.${account}.balance`;
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const { rows } = await client.query('SELECT balance FROM accounts WHERE id = $1 FOR UPDATE', [
      account,
    ]);
    trackLock('LockAcquire', `row:accounts.${account}`);
    const [{ balance }] = rows;
    track('Read', variable, balance);
    const left = balance - amount;
    if (left >= 0) {
      await client.query('UPDATE accounts SET balance = $2 WHERE id = $1', [account, left]);
      track('Write', variable, left);
    }
    trackLock('LockRelease', `row:accounts.${account}`);
    await client.query('COMMIT');
    return left >= 0 ? left : null;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}
