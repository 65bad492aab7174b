import { isFileVariable, variablesOf } from './environment.ts';
import { keys, settingsSchema } from './schema.ts';
import { type Tree, valueAt } from './toml.ts';
import type { Key } from './values/key.ts';

const commentWidth = 96;

/** The text of `raceway.toml.example`: every key with its default, commented out. */
export function exampleFile(): string {
  const tables = keysByTable().map(([table, members]) => {
    const entries = members.map(
      (key) => `${comment(key)}\n#${lastName(key)} = ${exampleOf(key)}\n`,
    );
    // Without a table around them they stand first: below a [table] they would be its keys.
    return { isFirst: table === '', text: `${head(table)}${entries.join('\n')}` };
  });
  const inOrder = tables.sort((a, b) => Number(b.isFirst) - Number(a.isFirst));
  return `${exampleHead}\n${inOrder.map(({ text }) => text).join('\n')}`;
}

function head(table: string): string {
  return table === '' ? '' : `[${table}]\n\n`;
}

/** The text of `docs/configuration.md`. */
export function configurationPage(): string {
  const tables = keysByTable().map(([table, members]) => {
    const rows = members.map((key) => {
      const variables = variablesOf(key).map((name) => `\`${name}\``);
      const cells = [
        `\`${lastName(key)}\``,
        variables.join('<br>'),
        pageDefault(key),
        meaning(key),
      ];
      return `| ${cells.join(' | ')} |`;
    });
    const title = table === '' ? 'Tables of their own' : `\`[${table}]\``;
    return [`### ${title}`, '', ...tableHead, ...rows, ''].join('\n');
  });
  return [pageHead, ...tables, pageTail].join('\n');
}

/** What most people set, in the order of the README. */
const readmeKeys = [
  'server.host',
  'server.port',
  'server.api_keys',
  'server.cors_origins',
  'server.rate_limit_enabled',
  'server.rate_limit_rpm',
  'storage.postgres.connection_string',
  'storage.memory.max_bytes',
  'logging.level',
];

/** The README with its table of settings as the schema has them. */
export function withSettingsTable(readme: string): string {
  const rows = readmeKeys.map((name) => {
    const key = keys.find((candidate) => candidate.name === name);
    if (key === undefined) throw new Error(`the README names ${name}, which is no setting`);
    // The last name is the one that people know from elsewhere.
    const variable = variablesOf(key).findLast((text) => !isFileVariable(text));
    return `| \`${name}\` | \`${variable}\` | ${pageDefault(key)} | ${meaning(key)} |`;
  });
  const table = ['', ...tableHead, ...rows, ''].join('\n');
  return readme.replace(
    /(<!-- configuration: .*-->\n)[\s\S]*(<!-- end of configuration -->)/,
    `$1${table.replaceAll('$', '$$$$')}\n$2`,
  );
}

const tableHead = ['| key | variable | default | meaning |', '|---|---|---|---|'];

function keysByTable(): [string, Key[]][] {
  const tables = new Map<string, Key[]>();
  for (const key of keys) {
    const table = key.path.slice(0, -1).join('.');
    const members = tables.get(table);
    if (members === undefined) tables.set(table, [key]);
    else members.push(key);
  }
  return [...tables];
}

function lastName(key: Key): string {
  return key.path.at(-1) ?? key.name;
}

const defaults = settingsSchema.parse({}) as unknown as Tree;

function exampleOf(key: Key): string {
  return key.example ?? tomlValue(valueAt(defaults, key.path));
}

function pageDefault(key: Key): string {
  return key.unset === null
    ? `\`${tomlValue(valueAt(defaults, key.path))}\``
    : `unset: ${key.unset}`;
}

/** Texts, numbers, flags and lists of texts are spelt alike in TOML and JSON. */
function tomlValue(value: unknown): string {
  return Array.isArray(value)
    ? `[${value.map((item) => JSON.stringify(item)).join(', ')}]`
    : JSON.stringify(value);
}

function meaning(key: Key): string {
  const range = key.kind === 'number' ? ` ${upperFirst(key.expects)}.` : '';
  const words = key.expects.startsWith('one of') ? ` ${upperFirst(key.expects)}.` : '';
  return (key.description + range + words).replaceAll('|', '\\|');
}

function comment(key: Key): string {
  const unset = key.unset === null ? '' : ` Left out: ${key.unset}.`;
  return wrapped(meaning(key) + unset)
    .map((line) => `# ${line}`)
    .join('\n');
}

function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length >= commentWidth) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line];
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const exampleHead = `# Configuration of Raceway. Copy this file to raceway.toml and remove the # in front of what you
# change. Every line shows the default, or an example where "Left out" says what holds without it.
# Variables win over this file, the command line over both. \${NAME} in a text is replaced by that
# variable. \`raceway check\` shows what is in effect.
`;

const pageHead = `# Configuration

<!-- Made from src/config by \`npm run docs\`; a change here is lost. -->

Raceway runs without any configuration: it then listens on 127.0.0.1:8080, keeps events in memory
and asks for no key. \`raceway check\` checks a configuration and shows what is in effect, with the
source of each value and without secrets; the server itself starts with the same check.

## Where values come from

1. the command line: \`--config\`, \`--host\`, \`--port\`;
2. environment variables;
3. one TOML file: that of \`--config\`, else of \`RACEWAY_CONFIG\`, else \`./raceway.toml\` if there is one;
4. the defaults below.

Nothing falls back to a default after a mistake: an unknown key, a value of the wrong type, a file
that was named and is not there stop the start with exit code 1 and one message that lists all
faults. \`--port 0\` takes any free port; a file or variable cannot ask for that.

### In the file

\`\${NAME}\` in a text is replaced by the variable of that name, which must be set and not empty;
\`$\${\` stands for a literal \`\${\`. Between \`://\` and \`@\` of a URL the value is percent-encoded, so
that a password may have any character:

\`\`\`toml
[storage.postgres]
connection_string = "postgresql://raceway_app:\${DATABASE_PASSWORD}@db.internal:5432/raceway?sslmode=verify-full"
\`\`\`

### In variables

The variable of a key is its path: \`server.port\` is \`RACEWAY_SERVER_PORT\`. Lists are a JSON array, or
texts with commas between them. One pair of quotes around the whole value is removed, because
\`docker --env-file\` and \`kubectl --from-env-file\` keep the quotes of a \`.env\` file. A variable that is
set but holds nothing (empty, blank, \`None\`, \`null\`, \`[]\`) is a fault, because that is what a secret
manager leaves behind when it fails. Two variables of one key must not differ.

\`RACEWAY_API_KEYS_FILE\` (keys with commas or line ends between them, or a JSON array) and
\`RACEWAY_POSTGRES_CONNECTION_FILE\` name files to read the value from. No other variable does.

Load a \`.env\` file with \`set -a; . ./.env; set +a\`. The often seen \`export $(cat .env | xargs)\` cuts
a JSON array at its spaces, and an apostrophe in a comment makes it drop everything.

Unknown \`RACEWAY_…\` variables are named in the log and have no effect.

## Keys
`;

const pageTail = `## The connection URL

\`postgresql://user:password@host:5432/database\`, read as libpq reads it, with these parameters;
any other is refused by name:

| parameter | meaning |
|---|---|
| \`sslmode\` | \`disable\`: plain text. \`prefer\` (default) and \`allow\`: encrypted if the server can. \`require\`: encrypted, but nothing is verified. \`verify-ca\`: the certificate is verified. \`verify-full\`: its name as well; use this one across a network. |
| \`sslrootcert\` | File of the root certificates. With it \`require\` means \`verify-ca\`. \`system\`, or left out: the roots that come with Node. |
| \`target_session_attrs\` | What a server must be: \`any\` (default), \`read-write\` or \`primary\`. |
| \`application_name\` | Shown in \`pg_stat_activity\`; default \`raceway\`. |

Several servers stand with commas between them, \`db1:5432,db2:5432\`: one that cannot be used, or that
takes no writes any more, is left for the next. With \`primary\` a standby is left at once.

A socket folder is written as the host: \`postgresql://raceway@%2Fvar%2Frun%2Fpostgresql/raceway\`. In a
user name or password write \`/\` as \`%2F\`, \`?\` as \`%3F\`, \`#\` as \`%23\`, \`@\` as \`%40\` and \`%\` as \`%25\`.

## Keys that are refused

\`server.ui_password\` of the ancestor: it guarded the page and not the API below it. Set
\`server.api_keys\` instead.
`;
