/**
 * An answer of 400 and more. Its body is `{"errors": [...]}` or `{"error": "..."}` (page "Errors" of the API
 * reference).
 */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }

  /** Both forms occur: a list for what was wrong with a request's content, one text for the rest. */
  get body(): object {
    return this.status === 422 ? { errors: [this.message] } : { error: this.message };
  }
}
