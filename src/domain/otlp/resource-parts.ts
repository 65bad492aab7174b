import { limits } from '../limits.ts';
import { textOf, wholeNumberOf } from './attribute.ts';
import type { AttributeWriter } from './attribute-text.ts';
import { find, type SemanticName } from './semantic-names.ts';
import { type SpanTags, tagsOfAttributes } from './span-tags.ts';
import type { InstrumentationScope, Resource } from './telemetry.ts';

/** What the events of a process have in common, ready to be put in. */
export interface ResourceParts {
  readonly service: string;
  readonly environment: string;
  /** Members of `metadata`. */
  readonly metadata: string;
  /** Of each span that begins the work of the process. */
  readonly tags: SpanTags;
  /** `resource` and its value, as a member of `otel`. */
  readonly member: string;
  /** Why nothing of the process can be stored; null when it can. */
  readonly fault: string | null;
}

const UINT32_MAX = 4_294_967_295;

export function resourceParts(resource: Resource, writer: AttributeWriter): ResourceParts {
  const { attributes, droppedAttributes, schemaUrl } = resource;
  const read = (meaning: SemanticName) => {
    const found = find(attributes, meaning);
    if (found === null || writer.takes(found.name)) return null;
    const text = textOf(found.value);
    if (text !== null && text.length > limits.nameCharacters) {
      writer.noteFault(`has a ${found.name} of more than ${limits.nameCharacters} characters`);
    }
    return text;
  };
  const service = read('serviceName') ?? '';
  const pid = wholeNumberOf(find(attributes, 'processId')?.value);
  const processId = pid !== null && pid >= 0 && pid <= UINT32_MAX ? pid : 0;
  const host = read('hostName');
  const own = read('serviceInstance');
  // Null is "not known", and never "one process for all".
  const instance = own ?? (host === null || pid === null ? read('podName') : `${host}-${pid}`);
  const environment = read('environment') ?? 'unknown';
  const metadata =
    `"process_id":${processId},"service_name":${writer.text(service)},` +
    `"environment":${writer.text(environment)},` +
    `"instance_id":${instance === null ? 'null' : writer.text(instance)}`;
  const member = objectMember('resource', [
    attributes.size > 0 && `"attributes":${writer.attributes(attributes)}`,
    droppedAttributes > 0 && `"dropped_attributes":${droppedAttributes}`,
    schemaUrl !== '' && `"schema_url":${writer.text(schemaUrl)}`,
  ]);
  const tags = tagsOfAttributes(attributes, writer);
  return { service, environment, metadata, tags, member, fault: writer.takeFault() };
}

/** `scope` and its value, as a member of `otel`, and why it cannot be stored. */
export function scopeMember(
  { name, version, attributes, droppedAttributes, schemaUrl }: InstrumentationScope,
  writer: AttributeWriter,
): { readonly member: string; readonly fault: string | null } {
  const member = objectMember('scope', [
    name !== '' && `"name":${writer.text(name)}`,
    version !== '' && `"version":${writer.text(version)}`,
    attributes.size > 0 && `"attributes":${writer.attributes(attributes)}`,
    droppedAttributes > 0 && `"dropped_attributes":${droppedAttributes}`,
    schemaUrl !== '' && `"schema_url":${writer.text(schemaUrl)}`,
  ]);
  if (name.length > limits.nameCharacters) {
    writer.noteFault(`has a scope name of more than ${limits.nameCharacters} characters`);
  }
  return { member, fault: writer.takeFault() };
}

/** A member whose value is an object of those members that are there; '' when it has none. */
function objectMember(name: string, members: readonly (string | false)[]): string {
  const present = members.filter((member) => member !== false);
  return present.length === 0 ? '' : `,"${name}":{${present.join(',')}}`;
}
