/** Words that end what stands before them, so that they are no names unless they are quoted. */
export const RESERVED: ReadonlySet<string> = new Set(
  (
    'all and any apply as asc between by case cross delete desc distinct else end escape except exists ' +
    'fetch for force from full group having ignore in inner insert intersect into is join left like ' +
    'limit lock merge minus natural not offset on option or order outer output partition regexp ' +
    'returning right rlike select set straight_join then union update use using values when where ' +
    'window with'
  ).split(' '),
);
