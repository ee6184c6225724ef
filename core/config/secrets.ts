import { MASK } from "../mask.ts";
import { isSecretName } from "../secret-names.ts";

export { isSecretName, MASK };

type Tell = (secret: string) => void;

// Too short, and scrubbing it would blacken ordinary words wherever they stand.
const shortestSecret = 4;

function tellSecret(text: string, tell: Tell): void {
  if (text.length < shortestSecret || text === "true" || text === "false") return;
  tell(text);
  if (!text.includes("%")) return;
  try {
    tell(decodeURIComponent(text));
  } catch (thrown) {
    // Not percent-encoded after all: the text as it stands was told.
    if (!(thrown instanceof URIError)) throw thrown;
  }
}

function tellAll(value: unknown, tell: Tell): void {
  if (typeof value === "string") tellSecret(value, tell);
  else if (typeof value === "number" && String(value).length >= 6) tell(String(value));
  else if (typeof value === "object" && value !== null) for (const inner of Object.values(value)) tellAll(inner, tell);
}

function parseStructure(text: string): object | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as object;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

/** Masks the secrets inside a text: a URL's user and password, `name=value` under a secret name, bearer tokens, JSON. */
export function maskText(text: string, tell: Tell): string {
  const structure = parseStructure(text);
  if (structure !== undefined) return JSON.stringify(maskValue(structure, tell));
  const hide = (secret: string) => {
    tellSecret(secret, tell);
    return MASK;
  };
  return text
    .replace(/([a-z][a-z0-9+.-]*:\/\/)([^\s/?#]*)@/gi, (_, scheme: string, user: string) => {
      const colon = user.indexOf(":");
      hide(colon === -1 ? user : user.slice(colon + 1));
      return `${scheme}${MASK}@`;
    })
    .replace(/([\w.-]+)=([^\s&;"']+)/g, (whole: string, name: string, value: string) =>
      isSecretName(name) ? `${name}=${hide(value)}` : whole,
    )
    .replace(/\b(bearer|basic)\s+([\w.~+/=-]{8,})/gi, (_, scheme: string, value: string) => `${scheme} ${hide(value)}`);
}

/** A copy with every secret masked; each masked text is told. Numbers of fewer than six digits are masked but not told. */
export function maskValue(value: unknown, tell: Tell, name = ""): unknown {
  if (value === undefined || value === null || value === "") return value;
  if (isSecretName(name)) {
    tellAll(value, tell);
    return MASK;
  }
  if (typeof value === "string") return maskText(value, tell);
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => {
      // `["--password", "hunter2"]`: the flag before names what follows.
      const before: unknown = value[index - 1];
      const flag = typeof before === "string" && /^--?[\w-]+$/.test(before) ? before : "";
      return maskValue(item, tell, typeof item === "string" && item.startsWith("-") ? "" : flag);
    });
  }
  if (typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, maskValue(inner, tell, key)]));
}
