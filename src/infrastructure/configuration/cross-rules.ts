import { check } from './checks.js';

/** What {@link NotInProxyMode} and {@link FlowsTableNeedsDatabase} look at of a section. */
interface Switches {
  readonly enable: boolean;
  readonly networkFlowsTable?: boolean;
}

/** What they look at of the whole. */
interface Whole {
  readonly mode: string;
  readonly clickHouse: Switches;
  readonly store: Switches;
}

/** Refuses a switch of a section in Proxy mode, where records pass one by one and nothing is there to be stored or priced. */
export function NotInProxyMode(at: keyof Switches, path: string): PropertyDecorator {
  return check(
    'notInProxyMode',
    'error',
    (section, root) => (root as Whole).mode !== 'Proxy' || (section as Switches)[at] !== true,
    () => `is not possible with mode: Proxy; accepted is mode: Aggregate, or ${path}: false`,
    { at },
  );
}

/** kubenetmon's table is in the database that flows go to. */
export function FlowsTableNeedsDatabase(): PropertyDecorator {
  return check(
    'flowsTableNeedsDatabase',
    'error',
    (section, root) => {
      const { mode, clickHouse, store } = root as Whole;
      return (section as Switches).networkFlowsTable !== true || mode === 'Proxy' || clickHouse.enable || store.enable;
    },
    () => 'has no database to write to; accepted with clickHouse.enable or store.enable, else false',
    { at: 'networkFlowsTable' },
  );
}
