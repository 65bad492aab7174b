/** How libraries write the reading of a row and the writing of it afterwards, and what is told of two such requests. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Stack, step, toldOf } from '../../support/invented-requests.ts';

const stackOf = (system: string, scope: string): Stack => ({
  system,
  scope,
  language: 'go',
  attributes: { 'db.namespace': 'shop' },
});
const postgres = stackOf('postgresql', 'x');
const mysql = stackOf('mysql', 'io.opentelemetry.jdbc');
const mssql = stackOf('mssql', 'OpenTelemetry.Instrumentation.SqlClient');

const lost = (variable: string) => [`E2 lost_update db:shop.${variable}`];

const cases: readonly (readonly [
  name: string,
  stack: Stack,
  read: string,
  write: string,
  told: readonly string[],
])[] = [
  [
    'Sequelize',
    postgres,
    `SELECT "id", "balance", "updatedAt" FROM "Accounts" AS "Account" WHERE "Account"."id" = '1';`,
    'UPDATE "Accounts" SET "balance"=$1,"updatedAt"=$2 WHERE "id" = $3',
    lost('Accounts[id~url].balance'),
  ],
  [
    'TypeORM',
    postgres,
    'SELECT "Account"."id" AS "Account_id", "Account"."balance" AS "Account_balance" FROM "account" "Account" WHERE (("Account"."id" = $1)) LIMIT 1',
    'UPDATE "account" SET "balance" = $1 WHERE "id" IN ($2)',
    lost('account[id~url].balance'),
  ],
  [
    'Prisma',
    postgres,
    'SELECT "public"."Account"."id", "public"."Account"."balance" FROM "public"."Account" WHERE ("public"."Account"."id" = $1 AND 1=1) LIMIT $2 OFFSET $3 /* traceparent=00-01 */',
    'UPDATE "public"."Account" SET "balance" = $1 WHERE ("public"."Account"."id" = $2 AND 1=1) RETURNING "public"."Account"."id"',
    lost('Account[id~url].balance'),
  ],
  [
    'Knex',
    postgres,
    'select "balance" from "accounts" where "id" = ? limit ?',
    'update "accounts" set "balance" = ? where "id" = ?',
    lost('accounts[id~url].balance'),
  ],
  [
    'Django',
    postgres,
    'SELECT "bank_account"."id", "bank_account"."balance" FROM "bank_account" WHERE "bank_account"."id" = %s LIMIT 21',
    'UPDATE "bank_account" SET "balance" = %s WHERE "bank_account"."id" = %s',
    lost('bank_account[id~url].balance'),
  ],
  [
    'Django, by an expression over what was there',
    postgres,
    'SELECT "bank_account"."balance" FROM "bank_account" WHERE "bank_account"."id" = %s LIMIT 21',
    'UPDATE "bank_account" SET "balance" = ("bank_account"."balance" - %s) WHERE "bank_account"."id" = %s',
    ['E2 check_then_act db:shop.bank_account[id~url].balance'],
  ],
  [
    'Rails',
    mysql,
    'SELECT `accounts`.* FROM `accounts` WHERE `accounts`.`id` = ? LIMIT ?',
    'UPDATE `accounts` SET `accounts`.`balance` = ?, `accounts`.`updated_at` = ? WHERE `accounts`.`id` = ?',
    lost('accounts[id~url].balance'),
  ],
  [
    'Rails with optimistic locking',
    postgres,
    'SELECT "accounts".* FROM "accounts" WHERE "accounts"."id" = $1 LIMIT $2',
    'UPDATE "accounts" SET "balance" = $1, "lock_version" = $2 WHERE "accounts"."id" = $3 AND "accounts"."lock_version" = $4',
    [],
  ],
  [
    'Hibernate',
    mysql,
    'select a1_0.id,a1_0.balance from account a1_0 where a1_0.id=?',
    'update account set balance=? where id=?',
    lost('account[id~url].balance'),
  ],
  [
    'Hibernate with a version',
    mysql,
    'select a1_0.id,a1_0.balance,a1_0.version from account a1_0 where a1_0.id=?',
    'update account set balance=?,version=? where id=? and version=?',
    [],
  ],
  [
    'GORM, which asks in each statement whether the row is deleted',
    postgres,
    'SELECT * FROM "accounts" WHERE "accounts"."id" = 1 AND "accounts"."deleted_at" IS NULL ORDER BY "accounts"."id" LIMIT 1',
    'UPDATE "accounts" SET "created_at"=$1,"deleted_at"=NULL,"balance"=5 WHERE "accounts"."deleted_at" IS NULL AND "id" = 1',
    [...lost('accounts[id=1].balance'), ...lost('accounts[id=1].deleted_at')],
  ],
  [
    'EF Core',
    mssql,
    'SELECT TOP(1) [a].[Id], [a].[Balance] FROM [Accounts] AS [a] WHERE [a].[Id] = 1',
    'SET IMPLICIT_TRANSACTIONS OFF; SET NOCOUNT ON; UPDATE [Accounts] SET [Balance] = 5 OUTPUT 1 WHERE [Id] = 1;',
    lost('accounts[id=1].balance'),
  ],
  [
    'EF Core with a row version',
    mssql,
    'SELECT TOP(1) [a].[Id], [a].[RowVersion] FROM [Accounts] AS [a] WHERE [a].[Id] = 1',
    'UPDATE [Accounts] SET [Balance] = 5 OUTPUT INSERTED.[RowVersion] WHERE [Id] = 1 AND [RowVersion] = 0x01;',
    [],
  ],
  [
    'Laravel',
    mysql,
    'select * from `accounts` where `accounts`.`id` = ? limit 1',
    'update `accounts` set `balance` = ?, `accounts`.`updated_at` = ? where `id` = ?',
    lost('accounts[id~url].balance'),
  ],
  [
    'Diesel',
    postgres,
    'SELECT "accounts"."id", "accounts"."balance" FROM "accounts" WHERE ("accounts"."id" = $1) LIMIT $2',
    'UPDATE "accounts" SET "balance" = $1 WHERE ("accounts"."id" = $2) -- binds: [5, 1]',
    lost('accounts[id~url].balance'),
  ],
  [
    'Oracle by JDBC',
    stackOf('oracle', 'io.opentelemetry.jdbc'),
    'SELECT balance FROM accounts WHERE id = :1',
    'UPDATE accounts SET balance = :1 WHERE id = :2',
    lost('accounts[id~url].balance'),
  ],
];

for (const [name, stack, read, write, told] of cases) {
  test(name, async () => {
    const requests = [1, 2].map((at) => ({
      route: 'POST /accounts/{id}',
      path: '/accounts/1',
      steps: [step(read, at + 1, at + 2), step(write, at + 6, at + 7)],
    }));
    assert.deepEqual(await toldOf({ stack, requests }), told);
  });
}
