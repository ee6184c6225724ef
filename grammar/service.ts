import { ParseFault } from "./fault.ts";
import type { Invocation, Keyword, Literal, Name, Span, StrLiteral } from "./literal.ts";

/** What the grammar's tree says, before call_service(...) is understood. */
export interface Call {
  readonly name: Name;
  readonly args: readonly Literal[];
  readonly kwargs: readonly Keyword[];
  readonly span: Span;
}

const asName = (text: StrLiteral): Name => ({ text: text.value, span: text.span });
const isText = (literal: Literal | undefined): literal is StrLiteral => literal?.kind === "str";

const example = "call_service('service', 'command', ...)";

/**
 * SPEC 3.3: call_service(service, command, ...arguments) names its service. With one leading text only, that text is the
 * command. Neither can come by keyword, since a command may have a parameter called `service` itself.
 */
export function understandCall(source: string, call: Call): Invocation {
  const { args, kwargs, span } = call;
  if (call.name.text !== "call_service") return { source, service: null, command: call.name, args, kwargs, span };
  const [first, second, ...rest] = args;
  if (isText(first) && isText(second)) {
    return { source, service: asName(first), command: asName(second), args: rest, kwargs, span };
  }
  const named = kwargs.find(({ name }) => name.text === "service" || name.text === "command");
  if (named !== undefined) {
    const message = `\`${named.name.text}\` of call_service must be given by position`;
    throw new ParseFault("call-service-keyword", message, named.name.span, {
      expected: ["a text"],
      hint: `write ${example}`,
    });
  }
  if (first === undefined) {
    const message = "call_service needs the service and the command to call";
    throw new ParseFault("call-service-empty", message, span, { expected: ["a text"], hint: `write ${example}` });
  }
  if (!isText(first)) {
    const message = "the first argument of call_service must be a text";
    throw new ParseFault("call-service-first", message, first.span, { expected: ["a text"], hint: `write ${example}` });
  }
  return { source, service: null, command: asName(first), args: args.slice(1), kwargs, span };
}

/**
 * The second reading of `call_service('display_image', 'IMAGE_PATH')`, for when its first argument names no service: it is
 * the command, and what was taken for the command is its first argument.
 */
export function rereadAsCommand(invocation: Invocation): Invocation {
  const { service, command, args } = invocation;
  if (service === null) return invocation;
  const first: StrLiteral = { kind: "str", value: command.text, span: command.span };
  return { ...invocation, service: null, command: service, args: [first, ...args] };
}
