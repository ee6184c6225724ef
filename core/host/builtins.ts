/** The plugins that come with the runtime. The only way from core to `plugins/`; nothing is loaded before it is asked for. */
export const builtinServices: Readonly<Record<string, () => Promise<{ readonly default: unknown }>>> = {
  transfer: () => import("../../plugins/transfer/index.ts"),
  scheduler: () => import("../../plugins/scheduler/index.ts"),
  apps: () => import("../../plugins/apps/index.ts"),
  display: () => import("../../plugins/display/index.ts"),
};

export const builtinBackends: Readonly<Record<string, () => Promise<{ readonly default: unknown }>>> = {
  fs: () => import("../../plugins/fs/index.ts"),
  s3: () => import("../../plugins/s3/index.ts"),
  minio: () => import("../../plugins/minio/index.ts"),
};
