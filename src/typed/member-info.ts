import type { CallOptions } from "../peer/types.js";

/** What layers above a client, such as hooks, have to know of a member that they are given alone. */
export interface MemberInfo {
  /** The URI as the contract declares it, a template where it has parameters. */
  readonly uri: string;
  /** How many arguments come before the options of a procedure, or before the handler of a topic. */
  readonly leading: number;
}

const INFO: unique symbol = Symbol.for("wampact.member");

/** Makes a member of a client known to `memberInfo`. The mark is not enumerable. */
export function describeMember<Member extends object>(member: Member, info: MemberInfo): Member {
  return Object.defineProperty(member, INFO, { value: info });
}

/** What is known of a member of a client; `undefined` for anything else. */
export function memberInfo(member: object): MemberInfo | undefined {
  return (member as { readonly [INFO]?: MemberInfo })[INFO];
}

/**
 * The arguments of a call with these options under those that the caller has given. Arguments of a function that is no method of a client
 * stay as they are.
 */
export function withCallOptions(
  procedure: object,
  args: readonly unknown[],
  options: Pick<CallOptions, "signal" | "offline">,
): readonly unknown[] {
  const leading = memberInfo(procedure)?.leading;
  if (leading === undefined) return args;
  const inputs = Array.from({ length: leading }, (_, index) => args[index]);
  return [...inputs, { ...options, ...(args[leading] as CallOptions | undefined) }];
}
