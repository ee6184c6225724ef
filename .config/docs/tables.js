// The tables of codes are data: each row says in itself what it means. Here that becomes its documentation.
import { Comment, Converter, ReflectionKind } from "typedoc";

const tables = ["ERRORS", "parseCodes", "valueCodes"];

/** The text that a row's type is: `as const` keeps it. */
const textOf = (row) => (row?.type?.type === "literal" ? String(row.type.value) : undefined);

/** The members of an object that is written out, as a table or in the row of one. */
function membersOf(reflection) {
  const { type } = reflection;
  return (type?.type === "reflection" ? type.declaration.children : reflection.children) ?? [];
}

export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    const say = (reflection, text) => {
      reflection.comment = new Comment([{ kind: "code", text: `\`${text.replaceAll("\n", " ")}\`` }]);
    };
    for (const table of project.getReflectionsByKind(ReflectionKind.Variable)) {
      if (!tables.includes(table.name)) continue;
      for (const row of membersOf(table)) {
        const text = textOf(row);
        if (text !== undefined) say(row, text);
        const parts = membersOf(row).filter((part) => textOf(part) !== undefined);
        for (const part of parts) say(part, textOf(part));
        const message = parts.find(({ name }) => name === "message");
        if (message !== undefined) say(row, textOf(message));
      }
    }
  });
}
