import { run } from 'drp-plugins/plugin';
import plugin from './plugin.ts';

run(plugin);
