/**
 * The default of `maxDepth`: the maximum nesting of lists and dictionaries in a message. `args`, `kwargs` and an options or
 * details dictionary are each level 1, and each list or dictionary inside adds one. The message's own list, binary values
 * and CBOR tags do not count.
 */
export const MAX_DEPTH = 128;
/** The maximum length of a JSON number, in characters. */
export const MAX_NUMBER_LENGTH = 1_024;
