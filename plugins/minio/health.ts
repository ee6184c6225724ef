/**
 * What a MinIO says of itself, a line for people; undefined for every other server. Asks for the cluster's health and not for the
 * process's: that it lives shows in every answer, that it lacks the disks for writing does not. No credentials are sent.
 * https://min.io/docs/minio/linux/operations/monitoring/healthcheck-probe.html
 */
export async function askHealth(endpoint: string, signal: AbortSignal): Promise<string | undefined> {
  const answer = await fetch(new URL("/minio/health/cluster", endpoint), { signal, redirect: "manual" });
  await answer.body?.cancel();
  const { status, headers } = answer;
  // Others may have a page, or an object, under any address.
  const isMinio = /^minio\b/i.test(headers.get("server") ?? "") || headers.has("x-minio-write-quorum");
  if (!isMinio || ![200, 503].includes(status)) return undefined;
  return status === 200
    ? "MinIO says that it has a write quorum"
    : "MinIO says that it has no write quorum: writes fail";
}
