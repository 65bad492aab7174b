import { track } from './raceway.js';

/** Takes an amount from an account. The race: two requests may read the same balance. */
export async function pay(pool, account, amount) {
  const variable = `db:accounts.${account}.balance`;
  const { rows } = await pool.query('SELECT balance FROM accounts WHERE id = $1', [account]);
  const [{ balance }] = rows;
  track('Read', variable, balance);
  if (balance < amount) return null;
  const left = balance - amount;
  await pool.query('UPDATE accounts SET balance = $2 WHERE id = $1', [account, left]);
  track('Write', variable, left);
  return left;
}
