import { expect, test } from "vitest";
import { isSecretName, isTellingName } from "../../core/secret-names.ts";

test.each([
  "key",
  "AWS_ACCESS_KEY_ID",
  "aws_secret_access_key",
  "apiKey",
  "API-KEY",
  "apikey",
  "session_token",
  "Password",
  "dbpasswd",
  "credentials",
  "Authorization",
  "PRIVATE_KEY_FILE",
  "pwd",
  "passphrase",
  "signing_key",
])("takes %s for the name of a secret", (name) => {
  expect(isSecretName(name)).toBe(true);
});

test.each(["keyboard", "monkey", "prefix", "credentials_profile", "bucket_name", "path", "region", "MODE"])(
  "shows what %s holds",
  (name) => {
    expect(isSecretName(name)).toBe(false);
  },
);

test.each(["api_key", "privateKey", "pwd", "passphrase", "signing_key", "Authorization"])(
  "takes %s for a name that tells a secret by itself",
  (name) => {
    expect(isTellingName(name)).toBe(true);
  },
);

test.each(["key", "keys", "credentials_profile"])("reads %s in a log line as what it mostly is there", (name) => {
  expect(isTellingName(name)).toBe(false);
});
