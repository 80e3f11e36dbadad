export { checkTemplate } from './check.ts';
export { TemplateError } from './error.ts';
