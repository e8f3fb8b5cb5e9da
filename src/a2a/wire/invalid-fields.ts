import { RequestMalformedError } from "@a2a-js/sdk/errors";

/** A field that is not as it must be: its path in the request, such as `message.parts[0].text`, and why. */
export type FieldViolation = { readonly field: string; readonly description: string };

/** A request with fields that cannot be used; told with a `google.rpc.BadRequest` (A2A 9.5). */
export class InvalidFieldsError extends RequestMalformedError {
  readonly violations: readonly FieldViolation[];

  constructor(violations: readonly FieldViolation[]) {
    super(violations.map(({ field, description }) => `${field} ${description}.`).join(" "));
    this.violations = violations;
  }
}
