/**
 * A statement, or a command, as a span tells of it. Attributes are looked up by name, so that names that
 * clients choose are never members of an object here.
 */
export interface Statement {
  /** `db.query.text`; '' when the span has none. */
  readonly text: string;
  /** `db.system.name`, in any case and generation: `postgresql`, `microsoft.sql_server`, `redis` … */
  readonly system: string;
  /** Name of the span, which for some drivers is all that tells the step of a transaction. */
  readonly spanName: string;
  /** An attribute of the span by its name, as it was stored; undefined when there is none. */
  readonly attribute: (name: string) => unknown;
}
