/** A source can't be compiled. */
export class CompileError extends Error {
  override readonly name = "CompileError";
  /** What the compiler printed. */
  readonly diagnostics: string | undefined;

  constructor(message: string, options: ErrorOptions & { readonly diagnostics?: string } = {}) {
    super(message, options);
    this.diagnostics = options.diagnostics;
  }
}
