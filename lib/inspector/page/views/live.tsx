import { Tabs } from '../parts/tabs.tsx';
import { EventsView } from './events.tsx';
import { LogView } from './log.tsx';
import { TrafficView } from './traffic.tsx';

/** `live/events`, `live/log/SERVICE`, `live/traffic/PLUGIN`. */
export function LiveView({ path }: { path: readonly string[] }) {
  const [part = 'events', name = ''] = path;
  return (
    <>
      <h1>Live</h1>
      <Tabs
        label="What is shown live"
        tabs={[
          { title: 'Events', to: ['live', 'events'], current: part === 'events' },
          { title: 'Log', to: ['live', 'log'], current: part === 'log' },
          { title: 'Socket traffic', to: ['live', 'traffic'], current: part === 'traffic' },
        ]}
      />
      {part === 'log' && <LogView key={name} service={name} />}
      {part === 'traffic' && <TrafficView key={name} plugin={name} />}
      {part !== 'log' && part !== 'traffic' && <EventsView />}
    </>
  );
}
