/**
 * A bucket of durations is the sum of its stripes: rows of the same operation, of which each transaction adds to one
 * that no other one writes meanwhile, so that none waits for the commit of another. The row of a stripe has the slot of
 * its bucket, and {@link STRIPE_SLOTS} times the number of the stripe on top.
 */
export const STRIPES = 64;
/** More than there are slots of an operation. */
export const STRIPE_SLOTS = 64;
