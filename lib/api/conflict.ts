import { ModelError } from '../models/index.ts';

/** An answer with code 409: the object is not in the state that the request expected, or exists already. */
export class ConflictError extends ModelError {
  static of(error: ModelError): ConflictError {
    const { messages, model, key, type } = error;
    return new ConflictError(409, messages, { model, key, type });
  }
}
