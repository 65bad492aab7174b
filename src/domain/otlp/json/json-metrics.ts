import type { JsonObject, JsonValue } from '../../json.ts';
import { parseRequest } from './json-groups.ts';
import { innerObject, list, objectOf } from './json-members.ts';

const DATA = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'];

/** How many data points an `ExportMetricsServiceRequest` in JSON has. */
export function countJsonPoints(body: Buffer): number {
  const metrics = below(below([parseRequest(body)], 'resourceMetrics'), 'scopeMetrics');
  let count = 0;
  for (const metric of below(metrics, 'metrics')) {
    for (const name of DATA) {
      count += list(innerObject(metric, name, name), 'dataPoints', name).length;
    }
  }
  return count;
}

function below(objects: readonly JsonObject[], name: string): JsonObject[] {
  return objects.flatMap((object) =>
    list(object, name, 'body').map((element: JsonValue) => objectOf(element, name)),
  );
}
