/** A file with problems: they have been shown with their lines. */
export class BrokenWorkflowError extends Error {
  override readonly name = "BrokenWorkflowError";
}
