import { isDict } from "../../wire/fields.js";
import type { CallStats } from "./call-stats.js";

/** URIs of services begin so; the name of the service, that of the instance, and what is asked for follow. */
export const SERVICE_PREFIX = "wampact.service.";

/** What a service can be asked. */
export type ServiceQuestion = "ping" | "info" | "stats";

/** The procedure that answers for one instance of a service, such as `wampact.service.orders.k3x9.info`. */
export function serviceUri(
  { name, instance }: Pick<ServiceIdentity, "name" | "instance">,
  asked: ServiceQuestion,
): string {
  return `${SERVICE_PREFIX}${name}.${instance}.${asked}`;
}

/** Who a service is: the answer to `ping`. */
export interface ServiceIdentity {
  readonly name: string;
  readonly instance: string;
  readonly version: string;
}

/** A procedure that an instance serves. */
export interface ServedProcedureInfo {
  /** Its name in the contract. */
  readonly name: string;
  /** Its URI in the contract, parameters included. */
  readonly uri: string;
}

/** What a service serves: the answer to `info`. */
export interface ServiceInfo extends ServiceIdentity {
  /** A hash of the contract. Instances of one hash have the same contract on the wire. */
  readonly contract: string;
  /** When it was first served, as ISO 8601. */
  readonly startedAt: string;
  readonly procedures: readonly (ServedProcedureInfo & Partial<CallStats>)[];
}

/** How a service does: the answer to `stats`. */
export interface ServiceStats extends ServiceInfo {
  readonly procedures: readonly (ServedProcedureInfo & CallStats)[];
}

const STATS: readonly (keyof CallStats)[] = ["calls", "errors", "meanMs", "p99Ms"];

/** Reads the answer of a service, which may be anybody's; `undefined` for what is none. */
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
