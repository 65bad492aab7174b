import type { Attributes, AttributeValue } from './attribute.ts';

/**
 * Names of attributes that mean one thing, the present one first: both generations are in use, also
 * inside one process.
 */
export const semantic = {
  httpMethod: ['http.request.method', 'http.method'],
  httpStatus: ['http.response.status_code', 'http.status_code'],
  urlPath: ['url.path', 'http.target'],
  urlFull: ['url.full', 'http.url'],
  httpRoute: ['http.route'],
  dbSystem: ['db.system.name', 'db.system'],
  dbStatement: ['db.query.text', 'db.statement'],
  dbNamespace: ['db.namespace', 'db.name'],
  serverAddress: ['server.address', 'net.peer.name', 'network.peer.address', 'net.peer.ip'],
  serverPort: ['server.port', 'net.peer.port', 'network.peer.port'],
  messagingOperation: [
    'messaging.operation.type',
    'messaging.operation',
    'messaging.operation.name',
  ],
  messagingDestination: ['messaging.destination.name', 'messaging.destination'],
  messagingSystem: ['messaging.system'],
  messagingMessage: ['messaging.message.id', 'messaging.message_id'],
  messagingPartition: [
    'messaging.destination.partition.id',
    'messaging.kafka.destination.partition',
    'messaging.kafka.partition',
  ],
  messagingOffset: ['messaging.kafka.offset', 'messaging.kafka.message.offset'],
  codeFile: ['code.file.path', 'code.filepath'],
  codeLine: ['code.line.number', 'code.lineno'],
  codeFunction: ['code.function.name', 'code.function'],
  serviceName: ['service.name'],
  serviceInstance: ['service.instance.id'],
  environment: ['deployment.environment.name', 'deployment.environment'],
  hostName: ['host.name'],
  podName: ['k8s.pod.name'],
  processId: ['process.pid'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type SemanticName = keyof typeof semantic;

/** An attribute that was found under one of its names. */
export interface Found {
  readonly name: string;
  readonly value: AttributeValue;
}

/** The attribute that means this; null when there is none with a value. */
export function find(attributes: Attributes, meaning: SemanticName): Found | null {
  for (const name of semantic[meaning]) {
    const value = attributes.get(name);
    if (value !== undefined && value !== null) return { name, value };
  }
  return null;
}
