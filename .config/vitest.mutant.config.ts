import process from "node:process";
import { defineConfig, mergeConfig } from "vitest/config";
import { mutants } from "../test/simulation/mutants.js";
import { applyPatch } from "../test/simulation/patch.js";
import base from "./vitest.config.ts";

// Tests against a core that is broken in one place: `npm run simulate -- --mutants` sets which.
const mutant = mutants.find(({ name }) => name === process.env["RUSTIQ_MUTANT"]);
if (mutant === undefined) throw new Error("RUSTIQ_MUTANT names no mutant");

export default mergeConfig(base, defineConfig({ plugins: [applyPatch(mutant)] }));
