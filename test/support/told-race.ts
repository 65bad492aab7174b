import type { ToldRace } from '../../src/alerts/alert.ts';

/** A race as alerts tell it, with one text for every name. */
export function raceCalled(name: string, fingerprint = '0123456789abcdef'): ToldRace {
  const place = {
    service: name,
    location: name,
    operation: `POST ${name}`,
    function: name,
    accessType: 'Write',
    locks: [name],
  };
  return {
    race: {
      fingerprint,
      variable: name,
      pattern: 'lost_update',
      evidence: 'E3',
      severity: 'CRITICAL',
      count: 3,
      pairsAtRisk: 5,
      firstSeen: '2026-01-31T10:00:00.000Z',
      lastSeen: '2026-01-31T11:00:00.000Z',
      firstRelease: '1.4',
      lastRelease: '1.5',
      places: [place, { ...place, operation: null, function: null, locks: [] }],
      explanation: 'Both read 4711 and wrote; the first change is gone.',
      steps: [],
      remedies: [{ title: `Take ${name} too.`, text: 'The other side does.', example: '' }],
    },
    services: [name],
    environments: [name],
  };
}
