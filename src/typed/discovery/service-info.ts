import { isDict } from "../../wire/fields.js";
import type { CallStats } from "./call-stats.js";

/** The prefix of service URIs. The names of the service, the instance and the question follow. */
export const SERVICE_PREFIX = "wampact.service.";

/** A question to a service. */
export type ServiceQuestion = "ping" | "info" | "stats";

/** Returns the procedure that answers for one instance of a service, such as `wampact.service.orders.k3x9.info`. */
export function serviceUri(
  { name, instance }: Pick<ServiceIdentity, "name" | "instance">,
  asked: ServiceQuestion,
): string {
  return `${SERVICE_PREFIX}${name}.${instance}.${asked}`;
}

/** The identity of a service: the answer to `ping`. */
export interface ServiceIdentity {
  readonly name: string;
  readonly instance: string;
  readonly version: string;
}

/** A procedure that an instance serves. */
export interface ServedProcedureInfo {
  /** Its name in the contract. */
  readonly name: string;
  /** Its URI in the contract, including parameters. */
  readonly uri: string;
}

/** The procedures of a service: the answer to `info`. */
export interface ServiceInfo extends ServiceIdentity {
  /** A hash of the contract. Instances with the same hash have the same contract on the wire. */
  readonly contract: string;
  /** The time at which the instance was first served, in ISO 8601 format. */
  readonly startedAt: string;
  readonly procedures: readonly (ServedProcedureInfo & Partial<CallStats>)[];
}

/** The statistics of a service: the answer to `stats`. */
export interface ServiceStats extends ServiceInfo {
  readonly procedures: readonly (ServedProcedureInfo & CallStats)[];
}

const STATS: readonly (keyof CallStats)[] = ["calls", "errors", "meanMs", "p99Ms"];

/** Reads the untrusted answer of a service; `undefined` if it is invalid. */
export function readServiceInfo(
  value: unknown,
  { withStats }: { readonly withStats: boolean },
): ServiceInfo | undefined {
  if (!isDict(value) || !Array.isArray(value.procedures)) return undefined;
  const { name, instance, version, contract, startedAt } = value;
  const texts = { name, instance, version, contract, startedAt };
  if (!Object.values(texts).every((text) => typeof text === "string")) return undefined;
  const procedures = value.procedures.map((each) => readProcedure(each, withStats));
  if (procedures.includes(undefined)) return undefined;
  return { ...(texts as Omit<ServiceInfo, "procedures">), procedures: procedures as ServiceInfo["procedures"] };
}

function readProcedure(value: unknown, withStats: boolean): ServiceInfo["procedures"][number] | undefined {
  if (!isDict(value) || typeof value.name !== "string" || typeof value.uri !== "string") return undefined;
  const { name, uri } = value;
  if (!withStats) return { name, uri };
  const stats = STATS.map((stat) => [stat, value[stat]] as const);
  return stats.every(([, each]) => typeof each === "number") ? { name, uri, ...Object.fromEntries(stats) } : undefined;
}
