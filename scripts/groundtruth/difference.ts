/** One point in which an answer is not the expected one. */
export interface Difference {
  readonly message: string;
  /** For a number: by how much. */
  readonly by?: number;
}
