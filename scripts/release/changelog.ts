/**
 * What a changelog says of a version: its date and its text; null when it has no section.
 * "Unreleased" is a section without a date.
 */
export function changelogSection(
  changelog: string,
  version: string,
): { readonly date: string | null; readonly text: string } | null {
  const parts = changelog.split(/^## \[/m).slice(1);
  const part = parts.find((section) => section.startsWith(`${version}]`));
  if (part === undefined) return null;
  const [head = '', ...lines] = part.split('\n');
  const date = /\] - (\d{4}-\d{2}-\d{2})$/.exec(head.trim())?.[1] ?? null;
  return { date, text: lines.join('\n').trim() };
}

/** What keeps a tag from being released, a sentence each. */
export function tagFaults(tag: string, version: string, changelog: string): string[] {
  const faults: string[] = [];
  if (tag !== `v${version}`) faults.push(`the tag ${tag} is not v${version} of package.json`);
  const section = changelogSection(changelog, version);
  if (section === null) faults.push(`CHANGELOG.md has no section [${version}]`);
  else if (section.date === null)
    faults.push(`the section [${version}] of CHANGELOG.md has no date`);
  else if (section.text === '') faults.push(`the section [${version}] of CHANGELOG.md is empty`);
  return faults;
}
