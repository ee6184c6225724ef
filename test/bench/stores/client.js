// The AWS SDK as its documentation shows it, for a server of one's own.
import { S3Client } from "@aws-sdk/client-s3";

export function openClient({ endpoint, region, access, secret }) {
  // Its note on coming versions of Node would stand in every output.
  process.removeAllListeners("warning");
  return new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId: access, secretAccessKey: secret },
    // Compatible servers often do not know the SDK's newer checksums.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
}
