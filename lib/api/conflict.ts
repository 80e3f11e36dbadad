import { ModelError } from '../models/index.ts';

/** The object is not in the state that the request expected, or exists already: an answer with code 409. */
export class ConflictError extends ModelError {
  static of(error: ModelError): ConflictError {
    const { messages, model, key, type } = error;
    return new ConflictError(409, messages, { model, key, type });
  }
}
