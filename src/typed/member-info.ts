import type { CallOptions } from "../peer/types.js";

/** The data that layers above a client, such as hooks, need about a single member. */
export interface MemberInfo {
  /** The URI as the contract declares it, a template if it has parameters. */
  readonly uri: string;
  /** The number of arguments before the options of a procedure, or before the handler of a topic. */
  readonly leading: number;
}

const INFO: unique symbol = Symbol.for("wampact.member");

/** Registers the info of a client's member for `memberInfo`. The property is not enumerable. */
export function describeMember<Member extends object>(member: Member, info: MemberInfo): Member {
  return Object.defineProperty(member, INFO, { value: info });
}

/** Returns the info of a client's member; `undefined` for anything else. */
export function memberInfo(member: object): MemberInfo | undefined {
  return (member as { readonly [INFO]?: MemberInfo })[INFO];
}

/**
 * Returns the arguments of a call with these options as defaults for the caller's options. It does not change the arguments of
 * other functions.
 */
export function withCallOptions(procedure: object, args: readonly unknown[], options: CallOptions): readonly unknown[] {
  const leading = memberInfo(procedure)?.leading;
  if (leading === undefined) return args;
  const inputs = Array.from({ length: leading }, (_, index) => args[index]);
  return [...inputs, { ...options, ...(args[leading] as CallOptions | undefined) }];
}
