// What the comment on a field promises: whether it may be null, and with which answer it is there.

export type Field = {
  name: string;
  type: string;
  enum: boolean;
  optional?: boolean;
  comment?: string | null;
};

/** The field that says which kind of answer a row is, and the kinds. */
export type Kinds = { field: string; values: string[] };

/** "…; null = never." and "Null where there is none." say that a field may be null; without that it never is. */
export function nullable({ name, type, comment }: Field): boolean {
  if (name === 'error' || name === 'reason' || type === 'void') return true;
  return /(^|[;.:] |, or )null\b/i.test(comment ?? '');
}

/** "With next = login or consent: …" says that a field is there with these kinds of answer only. */
export function kindsOf({ comment }: Field): Kinds | undefined {
  const [, field, values] = /^With (\w+) = ([^:]+): /.exec(comment ?? '') ?? [];
  return field && values ? { field, values: values.split(' or ') } : undefined;
}

/** All the kinds of answer of a composite type: "a = …; b or c = …" of the field that tells them apart. */
export function answerKinds(fields: readonly Field[]): Kinds | undefined {
  const name = fields.map(kindsOf).find((kinds) => kinds !== undefined)?.field;
  const field = fields.find((one) => one.name === name);
  if (!field) return undefined;
  if (field.type === 'boolean') return { field: field.name, values: ['true', 'false'] };
  const clauses = (field.comment ?? '').split('; ').map((clause) => clause.split(' = ')[0] ?? '');
  return { field: field.name, values: clauses.flatMap((clause) => clause.split(' or ')) };
}

/** The comment on a function speaks for the fields that have none: its value, or the columns of its rows. */
export function ownFields(
  { comment, scalar }: { comment: string | null; scalar: boolean },
  fields: readonly Field[],
): Field[] {
  return fields.map((field) => {
    const words = scalar ? comment : columnWords(comment ?? '', field.name);
    return { ...field, comment: words };
  });
}

/** "Nothing is null." and "May be null: a, b." speak for all columns; a comment without either promises nothing. */
function columnWords(comment: string, column: string): string {
  const [said, list] = /Nothing is null\.|May be null: ([^.]+)\./.exec(comment) ?? [];
  return said && !list?.split(', ').includes(column) ? '' : 'null = not said';
}

/** What call.ts checks: the fields that are never null, each with the kinds of answer that have it. */
export function promises(fields: readonly Field[]): string[] {
  return fields
    .filter((field) => !nullable(field))
    .map((field) => {
      const kinds = kindsOf(field);
      if (!kinds) return `'${field.name}'`;
      const values = kinds.values.map((value) => literal(value)).join(', ');
      return `['${field.name}', '${kinds.field}', [${values}]]`;
    });
}

/** A kind as TypeScript writes it. */
export function literal(value: string): string {
  return value === 'true' || value === 'false' ? value : `'${value}'`;
}
