import { z } from 'zod';
import { member, type Reading, readScopes } from './named-key.ts';

/** Stands for everybody whom the proxy has signed in. */
export const everybody = '*';
/** A group ends at a comma in its header, and directories allow long names. */
const nameShape = /^[^,\s\p{Cc}](?:[^,\p{Cc}]{0,254}[^,\s\p{Cc}])?$/u;

/** One `[[ui.auth_proxy_groups]]` table. */
export const proxyGroupSchema = z.strictObject({
  name: member(readGroup),
  scopes: member(readScopes),
});

function readGroup(value: unknown): Reading<string> {
  if (typeof value === 'string' && nameShape.test(value)) return { value };
  return {
    fault: `must be the name of a group as the proxy sends it, without commas, or "${everybody}"`,
  };
}

interface ProxySignIn {
  readonly auth_proxy_header?: string | undefined;
  readonly auth_proxy_groups_header?: string | undefined;
  readonly auth_proxy_groups: readonly { readonly name: string }[];
}

/** What is wrong between the keys of sign-in by a proxy that are right alone. */
export function proxySignInFaults(ui: ProxySignIn): { key: string; reason: string }[] {
  const faults: { key: string; reason: string }[] = [];
  const {
    auth_proxy_header: header,
    auth_proxy_groups_header: groupsHeader,
    auth_proxy_groups: groups,
  } = ui;
  if (header === undefined) {
    const reason = 'is set without ui.auth_proxy_header, so that it has no effect';
    if (groupsHeader !== undefined) faults.push({ key: 'ui.auth_proxy_groups_header', reason });
    if (groups.length > 0) faults.push({ key: 'ui.auth_proxy_groups', reason });
    return faults;
  }
  if (groups.length === 0) {
    faults.push({
      key: 'ui.auth_proxy_header',
      reason:
        'is set, but nobody may do anything: write [[ui.auth_proxy_groups]] with name = "*" and ' +
        'scopes = ["read"]',
    });
  }
  if (groupsHeader === undefined && groups.some(({ name }) => name !== everybody)) {
    faults.push({
      key: 'ui.auth_proxy_groups',
      reason: 'names groups, but ui.auth_proxy_groups_header does not say where they are sent',
    });
  }
  const names = groups.map(({ name }) => name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    const reason = `has ${JSON.stringify(repeated)} twice; write its scopes into one table`;
    faults.push({ key: 'ui.auth_proxy_groups', reason });
  }
  return faults;
}
