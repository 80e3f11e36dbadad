import { run } from '../../lib/plugin/index.ts';
import plugin from './plugin.ts';

run(plugin);
