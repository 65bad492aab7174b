/** What reading statements may cost; beyond it a statement is told by its head and table alone. */
export const statementLimits = {
  /** Characters of a text that are parsed whole: any statement that a person wrote, and most that tools did. */
  textCharacters: 65_536,
  /** Characters in front that are looked at for the head and the table of a longer one. */
  headCharacters: 4096,
  /** Tokens of one text: an operator in a row with others makes one level of a tree each. */
  tokens: 4096,
  /** Parentheses inside each other; the parsers below recurse. */
  nesting: 64,
  /** Rows that one statement names, by IN, ANY or VALUES; with more it is about any rows. */
  keys: 64,
  /** Columns that one statement reads or writes; with more it is about all. */
  columns: 256,
  /** Characters of a script that are looked at; those of locks have a few hundred. */
  scriptCharacters: 8192,
  /** Commands in the text of one pipeline. */
  commands: 256,
  /** Parameters of one statement. */
  parameters: 1024,
  /** Characters of a value that are kept. A longer one counts as not shown. */
  valueCharacters: 256,
  /** Texts whose meaning is remembered, so that each is parsed once: services have hundreds. */
  rememberedTexts: 4096,
  /** Characters of these texts. */
  rememberedCharacters: 8_388_608,
} as const;
