import { transferFault } from "./errors.ts";

/** A request that was checked and may be sent. Header names are lower case. */
export interface CheckedRequest {
  readonly url: URL;
  readonly method: Method;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;
type Method = (typeof methods)[number];

/** They say where a request goes and where it ends; a stranger's value could make one request be read as two (RFC 9112, 6). */
const framing = new Set([
  "host",
  "content-length",
  "transfer-encoding",
  "connection",
  "keep-alive",
  "upgrade",
  "expect",
  "te",
  "trailer",
  "proxy-authorization",
  "proxy-connection",
  "http2-settings",
]);

/** RFC 9110, 5.6.2. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110, 5.5: printable ASCII, space, tab and obs-text; no line break. */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Checks what a caller gave. Messages name the place and never repeat a header's value or a URL's query. */
export function checkRequest(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): CheckedRequest {
  const known = methods.find((one) => one === method.toUpperCase());
  if (known === undefined) throw transferFault("method-invalid", `method ${JSON.stringify(method)} is not supported`);
  return { url: checkUrl(url), method: known, headers: checkHeaders(headers), body };
}

/** An http or https URL without credentials; throws "url-invalid". */
function checkUrl(text: string, base?: URL): URL {
  const url = URL.canParse(text, base?.href) ? new URL(text, base?.href) : undefined;
  if (url === undefined) throw transferFault("url-invalid", `the url (${text.length} characters) is no whole URL`);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw transferFault("url-invalid", `the url has the scheme ${url.protocol.slice(0, -1)}; expected http or https`);
  }
  if (url.username !== "" || url.password !== "") {
    throw transferFault("url-invalid", `the url of ${url.host} holds credentials; expected an authorization header`);
  }
  url.hash = "";
  return url;
}

function checkHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    const shown = JSON.stringify(name.slice(0, 64));
    if (!token.test(name))
      throw transferFault("header-invalid", `headers has the name ${shown}, which is no header name`);
    if (framing.has(lower))
      throw transferFault("header-invalid", `header ${shown} is set by the runtime, not by callers`);
    if (lower in checked) throw transferFault("header-invalid", `header ${shown} is given twice`);
    if (!fieldValue.test(value)) {
      throw transferFault("header-invalid", `the value of header ${shown} has a line break or a character over U+00FF`);
    }
    checked[lower] = value;
  }
  return checked;
}

/** They belong to one origin; what follows from them must not reach another (as WHATWG Fetch, HTTP-redirect fetch). */
const secretHeaders = new Set([
  "authorization",
  "cookie",
  "cookie2",
  "www-authenticate",
  "x-api-key",
  "x-amz-security-token",
]);
const bodyHeaders = new Set(["content-type", "content-encoding", "content-language", "content-location"]);

/** The request that an answer with this status and `Location` asks for; RFC 9110, 15.4. */
export function followRedirect(request: CheckedRequest, status: number, location: string): CheckedRequest {
  const url = checkUrl(location, request.url);
  const becomesGet =
    (status === 303 && request.method !== "HEAD") || ((status === 301 || status === 302) && request.method === "POST");
  const crosses = url.origin !== request.url.origin;
  const headers = Object.entries(request.headers).filter(
    ([name]) => !(crosses && secretHeaders.has(name)) && !(becomesGet && bodyHeaders.has(name)),
  );
  return {
    url,
    method: becomesGet ? "GET" : request.method,
    headers: Object.fromEntries(headers),
    body: becomesGet ? "" : request.body,
  };
}
