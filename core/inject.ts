/** The decorators of constructor injection. tsyringe refuses to load before the metadata it needs, so they come from here together. */
import "reflect-metadata/lite";

export { inject, injectable } from "tsyringe";
