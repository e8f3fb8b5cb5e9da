/** What is wrong with what an agent was given. The same input would fail the same way again. */
export class InputError extends Error {
  override readonly name = "InputError";
  readonly code: "INPUT_UNREADABLE" | "REFERENCE_REFUSED";

  constructor(code: InputError["code"], sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.code = code;
  }
}
