export { inspectorFiles } from './page.generated.ts';
