export { type Canonical, canonicalCall, canonicalValue } from "rustiq/grammar";
