const telling =
  /secret|passw|passphrase|pwd|token|credential|authorization|cookie|(api|access|account|auth|master|private|shared|signing)[_-]?key/i;
// Names a profile in the AWS credentials file; not a secret, and masking "default" would spoil every log.
const harmless = new Set(["credentials_profile"]);

/** Whether a name says by itself that its value must not be shown: `secret`, `token`, `password`, `api_key` and their like. */
export function isTellingName(name: string): boolean {
  return !harmless.has(name) && telling.test(name);
}

/**
 * The same for a member of the configuration, where a plain `key` is one that opens something. In a log line it is the key of an
 * object in a store, which has to be read.
 */
export function isSecretName(name: string): boolean {
  if (harmless.has(name)) return false;
  if (isTellingName(name)) return true;
  const words = name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
  return words.split(/[^a-z0-9]+/).some((word) => word === "key" || word === "keys");
}
