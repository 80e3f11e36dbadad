export { abortError, refusal } from '../models/index.ts';
