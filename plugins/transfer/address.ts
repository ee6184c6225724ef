import ipaddr from "ipaddr.js";

/**
 * Public by their range, but answered by the cloud's own host: Azure's wire server. The other metadata addresses lie in
 * link-local, unique-local, shared or reserved ranges.
 */
const refusedPublic = new Set(["168.63.129.16"]);

const translated = ipaddr.IPv6.parse("64:ff9b::");
const globalUnicast = ipaddr.IPv6.parse("2000::");

/**
 * Why a request must not go to this address, as words for a message; undefined when it may. Only global unicast passes
 * (IANA special-purpose registries, RFC 6890), so a range that nobody has thought of is refused. An IPv4 address inside an
 * IPv6 one (mapped, or NAT64 by RFC 6052, which IPv6-only mobile networks need) is judged as the IPv4 address that it is;
 * every other form that embeds one (6to4, Teredo, compatible, translated) is refused.
 */
export function refusalOf(address: string): string | undefined {
  if (!ipaddr.isValid(address)) return "no IP address";
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv4) {
    if (refusedPublic.has(parsed.toString())) return "a metadata address";
    const range = parsed.range();
    return range === "unicast" ? undefined : `a ${wordsOf(range)} address`;
  }
  if (parsed.match(translated, 96)) return refusalOf(new ipaddr.IPv4(parsed.toByteArray().slice(12)).toString());
  const range = parsed.range();
  if (range !== "unicast") return `a ${wordsOf(range)} address`;
  return parsed.match(globalUnicast, 3) ? undefined : "no global unicast address";
}

function wordsOf(range: string): string {
  return range.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** Whether the configuration allows this host, written `name` or `name:port`, although its address is not public. */
export function isAllowed(url: URL, allowedHosts: readonly string[]): boolean {
  const host = plainHost(url.hostname);
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return allowedHosts.some((allowed) => {
    const entry = allowed.toLowerCase();
    const name = plainHost(entry);
    return name === host || entry === `${host}:${port}` || entry === `[${host}]:${port}`;
  });
}

/** A host without the brackets of an IPv6 literal and without the root's dot. */
export function plainHost(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");
}
