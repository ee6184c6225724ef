/**
 * What tests of plugins import: `import { startService } from "rustiq/testkit"`.
 *
 * @module rustiq/testkit
 */

export type { MultipartRequest } from "../store/layers/relay.ts";
export type { CentralDocument, CentralEntry, SendOptions } from "./central.ts";
export { Central } from "./central.ts";
export { VirtualClock } from "./clock.ts";
export type { DeviceOptions, GivenPlugin, StartedDevice } from "./device.ts";
export { startDevice } from "./device.ts";
export type { Fault, FaultPlan, FaultyDriver, FaultyOperation } from "./faulty.ts";
export { faultyDriver } from "./faulty.ts";
export type { MemoryObject, MemoryStore } from "./memory.ts";
export { Memory, memoryCapabilities, memoryDriver, memoryStore } from "./memory.ts";
export type { MemoryUpload } from "./memory-parts.ts";
export type { CallOptions, ServiceOptions, StartedService } from "./service.ts";
export { startService } from "./service.ts";
export type { ServiceCase, ServiceCaseOptions } from "./service-cases/index.ts";
export { serviceCases } from "./service-cases/index.ts";
export type { OpenedStore } from "./store.ts";
export { startStore } from "./store.ts";
export type {
  CapabilityName,
  ProcessOptions,
  StoreCase,
  StoreCaseOptions,
  Transport,
  TransportFault,
} from "./store-cases/index.ts";
export { storeCases } from "./store-cases/index.ts";
export type { Answer, LogLine } from "./surroundings.ts";
export { MemoryFolder, MemoryState, RecordedCalls, RecordedUploads, recordLog, seededRandom } from "./surroundings.ts";
