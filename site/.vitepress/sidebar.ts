/** One entry beside the pages, perhaps with entries below it. */
export interface Entry {
  readonly text: string;
  readonly link?: string;
  readonly collapsed?: boolean;
  readonly items?: Entry[];
}

function page(text: string, path: string): Entry {
  return { text, link: `/${path}` };
}

/** What stands beside each page, by who looks for it. */
export const sidebar: Entry[] = [
  {
    text: 'I write services',
    items: [
      page('Where to begin', 'docs/start/services'),
      page('Getting started', 'docs/getting-started'),
      page('OpenTelemetry', 'docs/opentelemetry'),
      page('Marks', 'docs/marks'),
      page('In test runs and builds', 'docs/gate'),
      page('What senders lose when', 'docs/delivery'),
      page('API', 'docs/api'),
      page('Examples', 'examples/README'),
    ],
  },
  {
    text: 'I judge findings',
    items: [
      page('Where to begin', 'docs/start/findings'),
      {
        text: 'Patterns',
        link: '/docs/patterns/',
        collapsed: true,
        items: [
          page('Lost update', 'docs/patterns/lost-update'),
          page('Double submit', 'docs/patterns/double-submit'),
          page('Check, then insert', 'docs/patterns/check-then-insert'),
          page('Check, then act', 'docs/patterns/check-then-act'),
          page('Dirty read', 'docs/patterns/dirty-read'),
          page('Write skew', 'docs/patterns/write-skew'),
          page('Unrepeatable read', 'docs/patterns/non-repeatable-read'),
          page('Two writes', 'docs/patterns/write-write'),
          page('A read and a write', 'docs/patterns/read-write'),
        ],
      },
      page('Web UI', 'docs/ui'),
      page('In a terminal', 'docs/terminal'),
      page('Assistants', 'docs/assistants'),
      page('What was decided about a race', 'docs/triage'),
      page('Making a race happen again', 'docs/reproduction'),
      page('Analysis', 'docs/analysis'),
      page('Glossary', 'docs/glossary'),
    ],
  },
  {
    text: 'I run servers',
    items: [
      page('Where to begin', 'docs/start/servers'),
      page('Installing', 'docs/installing'),
      page('Configuration', 'docs/configuration'),
      page('Storage', 'docs/storage'),
      page('Backup', 'docs/backup'),
      page('Security', 'docs/security'),
      page('Keys', 'docs/keys'),
      page('Signing in', 'docs/sign-in'),
      page('Alerts', 'docs/alerts'),
      page('Audit log', 'docs/audit'),
      page('Privacy', 'docs/privacy'),
      page('Compliance', 'docs/compliance'),
      page('Scaling', 'docs/scaling'),
      page('Performance', 'docs/performance'),
    ],
  },
  {
    text: 'I hack on Raceway',
    items: [
      page('Where to begin', 'docs/start/raceway'),
      page('Architecture', 'ARCHITECTURE'),
      page('Contributing', 'CONTRIBUTING'),
      page('What stays the same', 'docs/stability'),
      page('Changelog', 'CHANGELOG'),
    ],
  },
];
