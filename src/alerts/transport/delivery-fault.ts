/**
 * Why a message was not delivered, as the end of the sentence "the receiver …". It repeats nothing of the
 * URL, which may be a secret, nor of what was answered.
 */
export class DeliveryFault extends Error {
  /** What the receiver asks to wait; null: it does not say. */
  readonly retryAfterSeconds: number | null;
  /** The same message would be refused again. */
  readonly isFinal: boolean;

  constructor(
    message: string,
    {
      retryAfterSeconds = null,
      isFinal = false,
    }: Partial<Pick<DeliveryFault, 'retryAfterSeconds' | 'isFinal'>> = {},
  ) {
    super(message);
    this.name = 'DeliveryFault';
    this.retryAfterSeconds = retryAfterSeconds;
    this.isFinal = isFinal;
  }
}
