/** A message that counts: the form for one, where it differs, and that for all others. */
export interface Plural {
  one?: string;
  other: string;
}

/** The same keys in another language. */
export type Words<Of> = { [Key in keyof Of]: Of[Key] extends string ? string : Plural };
