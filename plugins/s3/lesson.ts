import type { S3Client } from "@aws-sdk/client-s3";
import type { Clock } from "rustiq/plugin";
import { type Failure, readFailure } from "./errors.ts";

/** Milliseconds for credentials to come: a service of the machine gives them at once, or is dead. */
const credentialsMs = 5_000;
/** Milliseconds after which a provider is asked anew that was asked and never answered; each time may cost a connection. */
const hungMs = 300_000;

/** The server has not taken these, whatever time they say that they hold. */
const worn: readonly string[] = ["ExpiredToken", "ExpiredTokenException", "InvalidToken", "TokenRefreshRequired"];

/**
 * Takes from a refusal what the next request has to do better, and marks the error with it: the region that the server names,
 * credentials that their provider gives anew. (The server's time the SDK takes itself.) Nothing is sent again from here. Also ends the
 * wait for credentials at a limit.
 */
export function learnFromRefusals(client: S3Client, clock: Clock): void {
  const { config } = client;
  let askedAt: number | undefined;

  /** The SDK has no limit for some of its providers, and asks nobody else while one is silent. */
  function takeCredentials(options?: { readonly forceRefresh: boolean }): Promise<Keys> {
    const given = config.credentials(options);
    askedAt ??= clock.elapsed();
    return new Promise((resolve, reject) => {
      const cancel = clock.after(credentialsMs, () => {
        if (clock.elapsed() - (askedAt ?? 0) > hungMs) {
          // Makes the SDK begin with fresh providers.
          Reflect.set(config, "credentials", undefined);
          askedAt = undefined;
        }
        reject(Object.assign(new Error("no credentials in time"), { name: "CredentialsTimeout" }));
      });
      const settle = () => {
        cancel();
        askedAt = undefined;
      };
      given.finally(settle).then(resolve, reject);
    });
  }

  client.middlewareStack.add(
    (next) => async (args) => {
      const region = await config.region();
      const used = await takeCredentials();
      try {
        return await next(args);
      } catch (thrown) {
        const lesson = learnRegion(readFailure(thrown), region) ?? (await learnCredentials(readFailure(thrown), used));
        throw lesson === undefined || !(thrown instanceof Error) ? thrown : Object.assign(thrown, { lesson });
      }
    },
    { step: "initialize", name: "learnFromRefusals" },
  );

  function learnRegion({ status = 0, region }: Failure, used: string): string | undefined {
    if (![301, 307, 400].includes(status) || region === undefined || region === used) return undefined;
    // It becomes a part of a host's name.
    if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(region)) return undefined;
    config.region = async () => region;
    return `the bucket is in the region ${region}, not ${used}; the next request goes there`;
  }

  async function learnCredentials({ name }: Failure, used: Keys): Promise<string | undefined> {
    if (!worn.includes(name)) return undefined;
    const renewed = "the session token was not valid any more; the next request has a new one";
    // Another request that was refused may have had them renewed already.
    if (isOther(await config.credentials(), used)) return renewed;
    const given = await takeCredentials({ forceRefresh: true }).catch(() => used);
    return isOther(given, used) ? renewed : undefined;
  }
}

interface Keys {
  readonly accessKeyId: string;
  readonly sessionToken?: string | undefined;
}

function isOther(given: Keys, used: Keys): boolean {
  return given.accessKeyId !== used.accessKeyId || given.sessionToken !== used.sessionToken;
}
