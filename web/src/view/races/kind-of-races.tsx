import { choose } from '../../app/route.ts';
import { Tabs } from '../../ui/tabs.tsx';

const kinds = [
  ['seen', 'Seen'],
  ['potential', 'Potential'],
] as const;

/** Whether the list shows what has happened, or what may. */
export function KindOfRaces({ chosen }: { chosen: 'seen' | 'potential' }) {
  return (
    <Tabs
      label="Which races"
      name="potential"
      chosen={chosen}
      tabs={kinds}
      onChoose={(kind) => choose({ potential: kind === 'potential' ? '1' : null, page: null })}
    />
  );
}
