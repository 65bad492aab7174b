export const languages = ['TypeScript', 'Python', 'Go', 'Rust', 'OpenTelemetry', 'curl'] as const;
export type Language = (typeof languages)[number];

/** What somebody pastes to have a service send here. A key is never part of it. */
export function snippet(language: Language, server: string): string {
  switch (language) {
    case 'TypeScript':
      return `const raceway = new Raceway({\n  serverUrl: '${server}',\n  serviceName: 'bank',\n});`;
    case 'Python':
      return `raceway = RacewayClient(Config(\n    endpoint="${server}",\n    service_name="bank",\n))`;
    case 'Go':
      return `client := raceway.NewClient(raceway.Config{\n    ServerURL:   "${server}",\n    ServiceName: "bank",\n})`;
    case 'Rust':
      return `let client = RacewayClient::new(Config {\n    endpoint: "${server}".into(),\n    service_name: "bank".into(),\n    ..Config::default()\n});`;
    case 'OpenTelemetry':
      return [
        `export OTEL_EXPORTER_OTLP_ENDPOINT=${server} OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`,
        'export OTEL_METRICS_EXPORTER=none OTEL_SERVICE_NAME=bank',
        '# Node; other languages have a line of their own',
        'npm i @opentelemetry/auto-instrumentations-node',
        'node --require @opentelemetry/auto-instrumentations-node/register app.js',
      ].join('\n');
    case 'curl':
      return [
        `curl ${server}/events -H 'Content-Type: application/json' -d '{"events": [{`,
        `  "id": "6f9619ff-8b86-4d01-b42d-00c04fc964ff",`,
        `  "trace_id": "8c5ed0b4-7f0a-4f7e-9a63-1b6f0f3a2d11",`,
        `  "timestamp": "2026-01-15T09:30:00Z",`,
        `  "kind": {"StateChange": {"variable": "alice.balance", "old_value": 100,`,
        `    "new_value": 70, "location": "bank.ts:42", "access_type": "Write"}},`,
        `  "metadata": {"thread_id": "main", "process_id": 1, "service_name": "bank",`,
        `    "environment": "development", "tags": {}}}]}'`,
      ].join('\n');
  }
}
